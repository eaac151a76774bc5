/** Whoever WeChat does not know yet: the way from a scanned code over the roster to the record, within the ticket's five minutes. */
import { expect, pageOf, test } from './world';

test.use({ file: 'binding' });

test('a member who has not bound scans, binds by phone and is checked in', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const newcomer = branch?.unbound[0];
  if (!branch || !newcomer) throw new Error('everybody has bound already');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('绑定后签到');
  const page = await phones.open(newcomer.id, pageOf.checkin((await secretary.code(event.id)).url));

  await expect(page.getByTestId('subject'), 'what it is for, before any question').toContainText('绑定后签到');
  await expect(page.getByTestId('bind-card')).toContainText('用手机号和支部名册核对一次');
  await sim.advance('4m'); // the code is long dead, the ticket is not
  await page.getByTestId('bind').click();
  await expect(page.getByTestId('result-title')).toHaveText('签到成功');
  await expect(page.getByTestId('result-text')).toContainText(`${newcomer.name}同志`);

  const mine = (await secretary.attendance(event.id)).find(({ memberId }) => memberId === newcomer.id);
  expect(mine).toMatchObject({ status: 'present', source: 'scan', expected: true });
  await page.getByTestId('to-home').click();
  await expect(page.getByTestId('hello')).toContainText(newcomer.name);
});

test('whoever binds after the ticket has run out is asked to scan again', async ({ sim, phones }) => {
  const branch = (await sim.branches())[1];
  const newcomer = branch?.unbound[0];
  if (!branch || !newcomer) throw new Error('everybody has bound already');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('来晚了的绑定');
  const page = await phones.open(newcomer.id, pageOf.checkin((await secretary.code(event.id)).url));
  await expect(page.getByTestId('bind-card')).toBeVisible();
  await sim.advance('6m');
  await page.getByTestId('bind').click();
  await expect(page.getByTestId('result-title')).toHaveText('没有签到');
  await expect(page.getByTestId('advice')).toHaveText('停留时间太长了，请重新扫一次。');

  const { url } = await secretary.code(event.id);
  await page.getByTestId('scan-again').click();
  await page.getByTestId('scan-paste').fill(url);
  await page.getByTestId('scan-submit').click();
  await expect(page.getByTestId('result-title')).toHaveText('签到成功');
});

test('a resident is told what to do, and is in no record', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('群众来了');
  const resident = await sim.resident();
  const page = await phones.open(resident.id, pageOf.checkin((await secretary.code(event.id)).url));

  await page.getByTestId('bind').click();
  await expect(page.getByTestId('bind-error')).toContainText(/花名册里没有.*请联系支部书记/);
  expect((await secretary.attendance(event.id)).filter(({ status }) => status !== 'pending' && status !== 'exempt')).toEqual([]);
  await page.getByTestId('to-home').click();
  await expect(page.getByTestId('bind-notice')).toContainText('还没有绑定党员身份');
  await expect(page.getByTestId('new-event')).toHaveCount(0);
});
