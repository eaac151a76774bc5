/** How reminders went: whom to phone, one sent now by day and by night, who got what and why, and how many are too many. */
import type { ReminderOverview } from '@/api/reminders';
import type { EventItem } from '@/api/events';
import type { Page } from '@playwright/test';
import type { Actor } from './actors';
import { measure } from './measure';
import { document, keep, updating } from './pictures';
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
  await front(page, 'my-branch').click();
  await front(page, 'load').click();
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

test('a member who always allows is not asked again, and one who has switched messages off is shown where', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const member = branch?.members[3];
  if (!member) throw new Error('the demonstration has no members');
  const page = await phones.open(member.id, '#/pages/notify/notify');
  await page.getByTestId('remind').click();
  await page.getByTestId('subscribe-keep').check();
  await keep(page, 'notify-allow');
  await page.getByTestId('subscribe-accept').click();
  await expect(page.getByTestId('grant-left')).toContainText('不再弹窗');
  const before = await page.getByTestId('grant-left').textContent();
  await page.getByTestId('remind').click();
  await expect(page.getByTestId('grant-left')).not.toHaveText(before ?? '');
  await expect(page.getByTestId('subscribe-sheet')).toHaveCount(0);
  await keep(page, 'notify-kept');

  await page.evaluate((person) => fetch('/__sim/settings', { method: 'POST', body: JSON.stringify({ person, mainSwitch: false }) }), member.id);
  await visit(page, '#/pages/notify/notify');
  await expect(page.getByTestId('grant-left')).toContainText('您在微信里关闭了这些提醒');
  expect(await measure(page), 'with messages switched off').toEqual([]);
  await keep(page, 'notify-off');
  await page.getByTestId('remind-open').click();
  await page.getByTestId('settings-on').click();
  await expect(page.getByTestId('remind')).toBeVisible();
});

// Made anew only on request.
if (updating) {
  test('the pages about reminders, for the documentation', async ({ sim, phones, browser }) => {
    test.setTimeout(180_000);
    await sim.setClock(shanghai(1, 10));
    const [branch] = await sim.branches();
    const admin = (await sim.people()).find(({ roles }) => roles.includes('admin'));
    const member = branch?.members[5];
    if (!branch || !admin || !member) throw new Error('the demonstration is not as it was');
    const secretary = await sim.actor(branch.secretary.id);
    const event = await secretary.meeting(...later('参观红色教育基地'));
    await expect.poll(() => state(secretary, event, 'published')).toBe('done');
    const { items: [published], phone: [first] } = await overviewOf(secretary, event);
    const shot = async (page: Page, hash: string, shows: string, caption: string, tapped = ''): Promise<{ picture: Buffer; caption: string }> => {
      await visit(page, hash);
      if (tapped) await front(page, tapped).click();
      await expect(front(page, shows).first()).toBeVisible();
      return { picture: await keep(page, `documented-${caption}`), caption };
    };
    const mine = await phones.open(member.id, '#/pages/me/me');
    await document(browser, 'reminders-member', [
      await shot(mine, pageOf.event(event.id), 'subscribe-accept', '活动页：到时提醒我', 'remind'), await shot(mine, '#/pages/notify/notify', 'topic-before', '提醒设置'), await shot(mine, '#/pages/messages/messages', 'messages', '消息'),
    ]);
    const theirs = await phones.open(branch.secretary.id, '#/pages/me/me');
    const told = await shot(theirs, pageOf.secretary('reminders', event.id), `phone-${first?.memberId}`, '提醒情况');
    await document(browser, 'reminders-secretary', [
      told, await shot(theirs, `#/pkg-secretary/pages/deliveries/deliveries?id=${event.id}&reminder=${published?.id}`, 'search', '逐人查看'),
      await shot(theirs, `#/pkg-secretary/pages/month/month?org=${event.host.id}`, 'month-text', '本支部的提醒'), await shot(theirs, pageOf.secretary('preview', event.id), 'intro', '通知样式'),
    ]);
    const above = await phones.open(admin.id, '#/pages/me/me');
    await above.route('**/api/v1/dead-jobs?*', (route) => route.fulfill({ json: { items: [
      { id: '0cr04adg0s9wb', kind: 'remind.send', title: '向一位党员发送提醒', subject: `“参观红色教育基地”的活动通知，发给${member.name}`, trouble: 'failing', why: '试了多次都没有成功，多半是数据库或网络出了故障', advice: '故障排除后点重试', attempts: 20, createdAt: event.startsAt, diedAt: shanghai(1, 9).toISOString() },
    ], next: '', dropped: [] } }));
    await document(browser, 'reminders-committee', [
      await shot(above, '#/pkg-committee/pages/load/load', 'sum', '提醒负担'), await shot(above, '#/pkg-committee/pages/load/load', 'ceiling-save', '每月上限', 'ceiling-edit'),
      await shot(above, '#/pkg-committee/pages/work/work', 'job-0cr04adg0s9wb', '后台工作'),
    ]);
  });
}
