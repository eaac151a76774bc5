/** What people choose about reminders: a member what comes to WeChat, a secretary what a branch sends, and why a month is quiet. */
import type { EventItem } from '@/api/events';
import type { Request } from '@/api/requests';
import { measure } from './measure';
import { keep } from './pictures';
import { expect, fill, front, pageOf, test, visit } from './world';

test.use({ file: 'choices' });

test('a member asks for the answer to a leave, hears it, and switches what comes before events off', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const member = branch?.members[1];
  if (!branch || !member) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const soon = Date.now() + 3 * 3_600_000; // urgent: an answer does not wait for the morning
  const event = await secretary.meeting('走访老党员', { startsAt: new Date(soon).toISOString(), endsAt: new Date(soon + 3_600_000).toISOString() });
  const page = await phones.open(member.id, pageOf.event(event.id));

  await front(page, 'ask-leave').click();
  await fill(page, 'ask-reason', '去县里看病');
  await page.getByTestId('ask-submit').click();
  await expect(page.getByTestId('subscribe-sheet'), 'asked with the very tap').toContainText('申请结果通知');
  await page.getByTestId('subscribe-reject').click();
  await expect(front(page, 'my-requests'), 'and later, for who was in a hurry').toContainText('有结果提醒我');
  await keep(page, 'choices-decision', true);
  await front(page, 'my-requests').getByTestId('remind').click();
  await page.getByTestId('subscribe-accept').click();
  await expect(front(page, 'my-requests').getByTestId('grant-left')).toContainText('还可提醒您');

  const { items } = await secretary.get<{ items: Request[] }>(`/requests?scope=run&eventId=${event.id}`);
  await secretary.post(`/requests/${items[0]?.id ?? ''}/approve`, { reason: '好好看病' });
  await expect.poll(async () => (await sim.messages(member.id)).map(({ title }) => title), 'the answer comes to WeChat').toContain('申请结果通知');
  await visit(page, '#/pages/messages/messages');
  await expect(page.getByTestId('messages')).toContainText('您申请的病假已同意。书记说：好好看病');

  await visit(page, '#/pages/me/me');
  await front(page, 'notify').click();
  await expect(front(page, 'always')).toContainText('一定会发');
  await front(page, 'topic-before').click();
  await expect(front(page, 'topic-before')).toHaveAttribute('aria-checked', 'false');
  await keep(page, 'choices-notify', true);
  await page.reload();
  await expect(front(page, 'topic-before'), 'and it stays so').toHaveAttribute('aria-checked', 'false');
});

test('a secretary sets what the branch sends, and says why a month is quiet', async ({ sim, phones }) => {
  const branch = (await sim.branches())[1];
  if (!branch) throw new Error('the demonstration has no second branch');
  const page = await phones.open(branch.secretary.id, '#/pages/me/me');
  await front(page, 'my-branch').click();
  await front(page, 'month').click();
  for (let ahead = 0; ahead < 3; ahead++) await front(page, 'month-after').click(); // a quarter on nobody has planned anything
  await expect(front(page, 'month-text')).toContainText('还没有安排');
  await front(page, 'remind-soon').click();
  await expect(front(page, 'remind-soon')).toHaveAttribute('aria-checked', 'true');
  await keep(page, 'choices-month', true);

  await front(page, 'excuse-open').click();
  await page.getByTestId('excuse-flood').click();
  await keep(page, 'choices-excuse');
  expect(await measure(page)).toEqual([]);
  await page.getByTestId('excuse-yes').click();
  await expect(front(page, 'month-text')).toContainText('因防汛延期');
  await expect(front(page, 'ask')).toHaveCount(0);
  await keep(page, 'choices-quiet', true);

  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('补开的主题党日');
  expect((await secretary.get<EventItem>(`/events/${event.id}`)).reminders, 'a new event begins with what the branch sends').toMatchObject({ soon: true });
  await visit(page, pageOf.secretary('edit'));
  await front(page, 'more-settings').click();
  await expect(front(page, 'remind-soon')).toHaveAttribute('aria-checked', 'true');
});
