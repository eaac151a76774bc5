/** A secretary looks for people, puts somebody on the roster, and hands a member over to another branch, which takes them in. */
import { keep } from './pictures';
import { expect, fill, front, test } from './world';

test.use({ file: 'members' });

test('a secretary finds people, adds one without a phone, and hands one over', async ({ sim, phones }) => {
  const [mine, other] = await sim.branches();
  if (!mine || !other) throw new Error('the demonstration has too few branches');
  const page = await phones.open(mine.secretary.id, '#/pages/me/me');
  await front(page, 'my-branch').click();
  await front(page, 'members').click();
  await expect(front(page, 'chip-all')).toBeVisible();
  await front(page, 'member-add').click();
  await fill(page, 'field-name', '解桂芳');
  await front(page, 'member-save').click();
  await expect(front(page, 'member-name')).toHaveText('解桂芳');
  await expect(front(page, 'no-phone')).toBeVisible();
  await page.goBack();
  await fill(page, 'member-search', 'xgf');
  await expect(page.getByText('解桂芳').filter({ visible: true })).toBeVisible();
  await keep(page, 'members-found');
  await page.getByText('解桂芳').filter({ visible: true }).click();
  await front(page, 'transfer-open').click();
  await fill(page, 'org-search', other.secretary.org);
  await page.getByText(other.secretary.org, { exact: true }).filter({ visible: true }).first().click();
  await front(page, 'transfer-send').click();
  await expect(front(page, 'withdraw')).toBeVisible();

  const receiver = await phones.open(other.secretary.id, '#/pkg-members/pages/members/members');
  await front(receiver, 'incoming').click();
  await receiver.getByText('确认转入').click();
  await expect(receiver.getByText('已转接')).toBeVisible();
  await keep(receiver, 'transfer-accepted');
});
