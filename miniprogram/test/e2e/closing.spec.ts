/** From the last arrival to the record on paper: the quorum, the close that says what it will do, why, and once more. */
import { keep } from './pictures';
import { expect, fill, front, pageOf, test, visit } from './world';

test.use({ file: 'closing' });

test('a member meeting is closed, explained, printed, opened again and closed again', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const [first, second] = branch.members;
  if (!first || !second) throw new Error('the branch has no members');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('四季度党员大会', { kind: 'member_meeting' });
  const { url } = await secretary.code(event.id);
  await (await sim.actor(first.id)).post('/checkins', { key: 'closing', code: url, device: 'a-phone' });

  const page = await phones.open(branch.secretary.id, pageOf.secretary('attendance', event.id));
  await expect(page.getByTestId('quorum-state')).toHaveText('不够');
  await keep(page, 'closing-quorum');
  await visit(page, pageOf.event(event.id));
  await page.getByTestId('close-event').click();
  await expect(page.getByTestId('close-dialog')).toContainText('将记为缺席');
  await expect(page.getByTestId('close-dialog')).toContainText('不能表决');
  await keep(page, 'closing-dialog');
  await page.getByTestId('close-dialog-yes').click();
  await page.getByTestId('show-settlement').click();

  await expect(front(page, 'stand')).toContainText('办结');
  await front(page, `why-${second.id}`).click();
  await expect(front(page, `why-${second.id}`)).toContainText('没有签到、点名和请假记录');
  await keep(page, 'closing-record', true);
  await page.emulateMedia({ media: 'print' });
  await expect(front(page, 'export')).toHaveCount(0);
  await expect(front(page, `why-${first.id}`), 'on paper every reason is written out').toContainText('扫码，记为已到');
  await page.setViewportSize({ width: 794, height: 1123 });
  await keep(page, 'closing-print', true);
  await page.emulateMedia({ media: 'screen' });

  const download = page.waitForEvent('download');
  await front(page, 'export').click();
  expect((await download).suggestedFilename()).toBe('四季度党员大会-到会记录.csv');

  await front(page, 'reopen').click();
  await fill(page, 'reopen-dialog-reason', '漏记了到场的同志');
  await keep(page, 'closing-reopen');
  await page.getByTestId('reopen-dialog-yes').click();
  await expect(front(page, 'stand')).toContainText('还没有结束');
  const mark = (await secretary.attendance(event.id)).find(({ memberId }) => memberId === second.id);
  expect(mark, 'what the close had filled in is open again').toMatchObject({ status: 'pending' });
  expect((await secretary.attendance(event.id)).find(({ memberId }) => memberId === first.id), 'a scan stays').toMatchObject({ status: 'present', source: 'scan' });
});
