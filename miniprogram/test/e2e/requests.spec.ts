/** Leave before, a make-up after, help for the person beside one, and a roll that ticks several: each with its source in the list. */
import { Buffer } from 'node:buffer';
import type { Page } from '@playwright/test';
import type { EventItem } from '@/api/events';
import type { Branch, Sim } from './actors';
import { keep } from './pictures';
import { expect, fill, front, pageOf, test } from './world';

test.use({ file: 'requests' });

const HOUR = 3600_000;
const hence = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();
/** A red point, as PNG. */
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64');

async function branchOf(sim: Sim, index: number): Promise<Branch> {
  const branch = (await sim.branches())[index];
  if (!branch) throw new Error('the demonstration has too few branches');
  return branch;
}

const tomorrow = async (sim: Sim, branch: Branch, title: string): Promise<EventItem> =>
  (await sim.actor(branch.secretary.id)).meeting(title, { startsAt: hence(20), endsAt: hence(22) });

/** What the secretary's list says of a member. */
async function recorded(sim: Sim, branch: Branch, event: EventItem, member: string): Promise<{ status: string; source: string; by?: string }> {
  const row = (await (await sim.actor(branch.secretary.id)).attendance(event.id)).find(({ memberId }) => memberId === member);
  if (!row) throw new Error('not on the list');
  return { status: row.status, source: row.source, ...(row.recordedBy && { by: row.recordedBy.name }) };
}

async function attach(page: Page): Promise<void> {
  const choosing = page.waitForEvent('filechooser');
  await page.getByTestId('add-picture').click();
  await (await choosing).setFiles({ name: 'note.png', mimeType: 'image/png', buffer: DOT });
  await expect(page.getByTestId('drop-0')).toBeVisible();
}

test('leave: asked for with a picture, granted, and withdrawn when plans change', async ({ sim, phones }) => {
  const branch = await branchOf(sim, 1);
  const [who] = branch.members;
  if (!who) throw new Error('nobody there');
  const event = await tomorrow(sim, branch, '明天的党课');
  const member = await phones.open(who.id, pageOf.event(event.id));
  await front(member, 'ask-leave').click();
  await member.getByTestId('ask-sick').click();
  await member.getByText('去医院看病').click();
  await attach(member);
  await keep(member, 'way-leave-ask');
  await member.getByTestId('ask-submit').click();
  await member.getByTestId('subscribe-accept').click();
  await expect(front(member, 'my-requests').getByTestId('grant-left'), 'it is counted').toContainText('还可提醒您 1 次');
  await expect(front(member, 'my-requests')).toContainText('等待审批');

  const secretary = await phones.open(branch.secretary.id);
  await expect(front(secretary, 'show-requests')).toContainText('1 个');
  await front(secretary, 'show-requests').click();
  const page = front(secretary, 'requests');
  await expect(page).toContainText(who.name);
  await expect(page.locator('[data-testid^="picture-"] img, [data-testid^="picture-"] uni-image').first()).toBeVisible();
  await keep(secretary, 'way-leave-decide');
  await page.locator('[data-testid^="approve-"]').click();
  await expect(front(secretary, 'empty')).toContainText('没有要处理的申请');
  expect(await recorded(sim, branch, event, who.id)).toEqual({ status: 'sick', source: 'leave', by: branch.secretary.name });

  await member.reload();
  await expect(front(member, 'my-state')).toContainText('病假');
  await expect(front(member, 'decision')).toContainText(`${branch.secretary.name}已同意`);
  await keep(member, 'way-leave-granted');
  await front(member, 'withdraw').click();
  await member.getByTestId('withdraw-dialog-yes').click();
  await expect(front(member, 'my-state')).toContainText('请您参加');
  expect((await recorded(sim, branch, event, who.id)).status).toBe('pending');
});

test('make-up: declined with a reason, asked for again, granted and labelled', async ({ sim, phones }) => {
  const branch = await branchOf(sim, 2);
  const who = branch.members[1];
  if (!who) throw new Error('nobody there');
  const event = await (await sim.actor(branch.secretary.id)).meeting('下午的学习');
  const member = await phones.open(who.id, pageOf.event(event.id));
  const asks = async (): Promise<void> => {
    await front(member, 'ask-makeup').click();
    await member.getByText('手机没电了', { exact: true }).click();
    await member.getByTestId('ask-submit').click();
    await expect(front(member, 'my-requests')).toContainText('等待审批');
  };
  await asks();
  await member.getByTestId('subscribe-accept').click();
  const secretary = await phones.open(branch.secretary.id, pageOf.secretary('requests', event.id));
  await secretary.locator('[data-testid^="decline-"]').first().click();
  await fill(secretary, 'decline-dialog-reason', '请补充说明');
  await keep(secretary, 'way-makeup-decline');
  await secretary.getByTestId('decline-dialog-yes').click();
  await expect(front(secretary, 'empty')).toBeVisible();
  await member.reload();
  await expect(front(member, 'decision')).toHaveText(`${branch.secretary.name}没有同意：请补充说明`);
  await keep(member, 'way-makeup-declined');
  await asks();
  await secretary.reload();
  await secretary.locator('[data-testid^="approve-"]').first().click();
  await expect(front(secretary, 'empty')).toBeVisible();
  expect(await recorded(sim, branch, event, who.id)).toEqual({ status: 'present', source: 'makeup', by: branch.secretary.name });
  await member.reload();
  await expect(front(member, 'my-state')).toContainText('补签');
});

test('helped: who has scanned checks in the person beside them', async ({ sim, phones }) => {
  const branch = await branchOf(sim, 3);
  const [helper, beside] = branch.members;
  if (!helper || !beside) throw new Error('nobody there');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('坐在一起');
  const actor = await sim.actor(helper.id);
  await actor.post('/checkins', { key: 'helper', code: (await secretary.code(event.id)).url });
  const page = await phones.open(helper.id, pageOf.event(event.id));
  await front(page, 'help-open').click();
  await fill(page, 'help-search', beside.name);
  await keep(page, 'way-helped-choose');
  await page.getByTestId(`help-${beside.id}`).click();
  await keep(page, 'way-helped-sure');
  await page.getByTestId('help-dialog-yes').click();
  await expect(page.getByTestId(`help-${beside.id}`)).toHaveCount(0);
  expect(await recorded(sim, branch, event, beside.id)).toEqual({ status: 'present', source: 'helped', by: helper.name });

  const list = await phones.open(branch.secretary.id, pageOf.secretary('attendance', event.id));
  await front(list, 'tab-came').click();
  await expect(front(list, `row-${beside.id}`)).toContainText(`由${helper.name}代签`);
  await front(list, `row-${beside.id}`).click();
  await expect(list.getByTestId('history')).toContainText(`由${helper.name}代签`);
  await keep(list, 'way-helped-history');

  const other = await phones.open(beside.id, pageOf.event(event.id));
  await front(other, 'history-open').click();
  await expect(other.getByTestId('history')).toContainText(`由${helper.name}代签`);
});

test('roll: several at once, found by initials, and undone except what has changed since', async ({ sim, phones }) => {
  const branch = await branchOf(sim, 4);
  const [first, second] = branch.members;
  if (!first || !second) throw new Error('nobody there');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('现场点名');
  const rows = await secretary.attendance(event.id);
  const initials = rows.find(({ memberId }) => memberId === first.id)?.initials ?? '';
  const page = await phones.open(branch.secretary.id, pageOf.secretary('attendance', event.id));
  await fill(page, 'search', initials.toUpperCase());
  await expect(front(page, `row-${first.id}`)).toBeVisible();
  await fill(page, 'search', '');
  await front(page, 'several-on').click();
  await front(page, `row-${first.id}`).click();
  await front(page, `row-${second.id}`).click();
  await keep(page, 'way-roll-ticked');
  await front(page, 'several-mark').click();
  await page.getByTestId('several-save').click();
  await expect(front(page, 'undo-bar')).toContainText('刚才登记了 2 人');
  await keep(page, 'way-roll-undo');
  expect(await recorded(sim, branch, event, first.id)).toMatchObject({ status: 'present', source: 'roll' });
  await (await sim.actor(second.id)).post('/checkins', { key: 'late', code: (await secretary.code(event.id)).url });

  await front(page, 'undo-several').click();
  await expect(front(page, 'snackbar')).toContainText('撤销');
  expect((await recorded(sim, branch, event, first.id)).status).toBe('pending');
});
