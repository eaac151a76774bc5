/** How reminders went: whom to phone, one sent now by day and by night, who got what and why, and how many are too many. */
import type { ReminderOverview } from '@/api/reminders';
import type { EventItem } from '@/api/events';
import type { Actor } from './actors';
import { measure } from './measure';
import { keep } from './pictures';
import { expect, fill, front, pageOf, test, visit } from './world';

test.use({ file: 'reminders' });

const DAY = 86_400_000;
/** So many days from today at an hour in Shanghai. */
function shanghai(days: number, hour: number): Date {
  const at = Date.now() + 8 * 3_600_000 + days * DAY;
  return new Date(at - (at % DAY) + (hour - 8) * 3_600_000);
}
const overviewOf = (who: Actor, { id }: EventItem): Promise<ReminderOverview> => who.get(`/events/${id}/reminders`);
async function state(who: Actor, event: EventItem, kind: string): Promise<string> {
  return (await overviewOf(who, event)).items.find((item) => item.kind === kind)?.state ?? 'none';
}
const later = (title: string): [string, object] => [title, { startsAt: shanghai(6, 15).toISOString(), endsAt: shanghai(6, 17).toISOString(), reminders: { published: true, dayBefore: true } }];

test('a secretary phones whom nothing reached, sends now, and sees why; a committee sees how many there are', async ({ sim, phones }) => {
  test.setTimeout(120_000);
  await sim.setClock(shanghai(1, 10));
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting(...later('红色影片放映'));
  await expect.poll(() => state(secretary, event, 'published')).toBe('done');
  const [first] = (await overviewOf(secretary, event)).phone;
  if (!first) throw new Error('the demonstration has nobody to phone');

  const page = await phones.open(branch.secretary.id, pageOf.secretary('reminders', event.id));
  await page.getByTestId(`tick-${first.memberId}`).click();
  await expect(page.getByTestId('snackbar')).toContainText(`${first.memberName}：已电话通知`);
  await expect(page.getByTestId(`called-${first.memberId}`)).toContainText(branch.secretary.name);
  await page.getByTestId('undo').click();
  await expect(page.getByTestId(`phone-${first.memberId}`)).toBeVisible();
  await page.getByTestId(`tick-${first.memberId}`).click();
  await expect(page.getByTestId('part-phoned')).toContainText('1');
  await keep(page, 'reminders-told');
  await keep(page, 'reminders-told-full', true);

  await page.getByTestId('now-day_before').click();
  await keep(page, 'reminders-now');
  await page.getByTestId('now-dialog-yes').click();
  await expect.poll(() => state(secretary, event, 'day_before')).toBe('done');
  await visit(page, pageOf.secretary('reminders', event.id));
  await expect(page.getByTestId('reminder-day_before')).toContainText('已发完');
  await expect(page.getByTestId('now-day_before')).toHaveCount(0);

  await page.getByTestId('people-published').click();
  await expect(front(page, `delivery-${first.memberId}`)).toContainText(first.why);
  await fill(page, 'search', first.memberName);
  await expect(page.locator('[data-testid^="delivery-"]')).toHaveCount(1);
  await keep(page, 'deliveries-search');

  await sim.setClock(shanghai(1, 22));
  const night = await secretary.meeting(...later('夜里才想起来的会'));
  await visit(page, pageOf.secretary('reminders', night.id));
  await page.getByTestId('now-published').click();
  await expect(page.getByTestId('now-dialog')).toContainText('现在是夜间');
  expect(await measure(page), 'the warning by night').toEqual([]);
  await keep(page, 'reminders-night');
  await page.getByTestId('now-dialog-yes').click();
  await expect.poll(() => state(secretary, night, 'published')).toBe('done');
});

test('an admin sets a ceiling, and the branch below sees whose it is', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const admin = (await sim.people()).find(({ roles }) => roles.includes('admin'));
  if (!branch || !admin) throw new Error('the demonstration has no branches or no admin');
  const page = await phones.open(admin.id, '#/pages/me/me');
  await page.getByTestId('load').click();
  await front(page, 'ceiling-edit').click();
  await front(page, 'ceiling-6').click();
  await expect.poll(() => measure(page), 'once the button has its colour').toEqual([]);
  await keep(page, 'load-ceiling');
  await front(page, 'ceiling-save').click();
  await expect(front(page, 'ceiling')).toHaveText('每人每月 6 条');
  await keep(page, 'load-committee', true);

  const below = await phones.open(branch.secretary.id, '#/pkg-committee/pages/load/load');
  await expect(below.getByTestId('ceiling')).toContainText('规定');
  await expect(below.getByTestId('ceiling-edit')).toHaveCount(0);
  await expect(below.getByText('本支部各人')).toBeVisible();
  await keep(below, 'load-branch', true);
});
