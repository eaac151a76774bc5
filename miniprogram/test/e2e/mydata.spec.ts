/** What is held about a member, who looked, and how it is put right, taken along and deleted; and what the secretary reads of what was done. */
import { keep } from './pictures';
import { expect, fill, front, test } from './world';

test.use({ file: 'mydata' });

test('a member sees who looked, has a mistake put right, takes everything along, and closes the account for a while', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const who = branch?.members[0];
  if (!branch || !who) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const { runs } = await secretary.get<{ runs: { id: string }[] }>('/me');
  await secretary.get(`/orgs/${runs[0]?.id}/members?limit=5`);

  const page = await phones.open(who.id, '#/pages/privacy/privacy');
  await front(page, 'my-data').click();
  await expect(front(page, 'kind-roster')).toContainText('1 条');
  await keep(page, 'mydata-held', true);
  await front(page, 'to-looks').click();
  await expect(front(page, 'look').first()).toContainText(branch.secretary.name);
  await keep(page, 'mydata-looks');
  await page.goBack();

  await front(page, 'correct').click();
  await front(page, 'field-since').click();
  await fill(page, 'wanted', '1989年6月20日');
  await front(page, 'correct-send').click();
  await expect(front(page, 'correction')).toContainText('等书记处理');

  const office = await phones.open(branch.secretary.id, '#/pages/me/me');
  await front(office, 'my-branch').click();
  await front(office, 'corrections').click();
  await expect(front(office, 'corrections')).toContainText('1989年6月20日');
  await keep(office, 'mydata-corrections');
  await front(office, 'correction-done').click();
  await expect(front(office, 'empty')).toBeVisible();

  const saved = page.waitForEvent('download');
  await front(page, 'export-html').click();
  expect((await saved).suggestedFilename()).toBe('我的信息.html');
  await front(page, 'close-account').click();
  await front(page, 'close-dialog-yes').click();
  await expect(front(page, 'closing')).toContainText('注销');
  await keep(page, 'mydata-closing');
  await front(page, 'keep-account').click();
  await expect(front(page, 'closing')).toBeHidden();

  await office.goBack();
  await front(office, 'audit').click();
  await expect(front(office, 'entry').first()).toContainText('撤回注销');
  await front(office, 'noun-look').click();
  await expect(front(office, 'entry').first()).toContainText('导出本人信息');
  await keep(office, 'mydata-audit', true);
});
