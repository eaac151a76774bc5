/** Personal codes at the door, and the station without signal: network off, the client started anew, two phones with one list. */
import type { BrowserContext, Page } from '@playwright/test';
import type { Attendance } from '@/api/checkins';
import type { EventItem } from '@/api/events';
import type { PersonalCode } from '@/api/stations';
import type { Actor, Branch, Sim, Someone } from './actors';
import { keep } from './pictures';
import { expect, front, pageOf, test, visit } from './world';

test.use({ file: 'station' });

interface Hall { branch: Branch; secretary: Actor; event: EventItem }

async function hall(sim: Sim, title: string): Promise<Hall> {
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  return { branch, secretary, event: await secretary.meeting(title) };
}

const recordOf = async ({ secretary, event }: Hall, one: Someone): Promise<Attendance | undefined> =>
  (await secretary.attendance(event.id)).find(({ memberId }) => memberId === one.id);
const codeOf = async (sim: Sim, one: Someone): Promise<PersonalCode> => (await sim.actor(one.id)).get<PersonalCode>('/me/personal-code');

/** Holds a code before the camera that is open. */
async function show(page: Page, text: string): Promise<void> {
  await page.getByTestId('scan-paste').fill(text);
  await page.getByTestId('scan-submit').click();
}
const stop = (page: Page): Promise<void> => page.getByTestId('scan-cancel').click();

/** The secretary's phone at the station of an event, with the roster taken along. */
async function atStation(page: Page, event: EventItem): Promise<void> {
  await visit(page, pageOf.station('station', event.id));
  await page.getByTestId('download').click();
  await expect(page.getByTestId('pack-note')).toContainText(/离线名单 \d+ 人/);
}

test('a member shows the own code, the secretary scans one after the other', async ({ sim, phones }) => {
  const there = await hall(sim, '个人码签到');
  const [one, two] = there.branch.members as [Someone, Someone];
  const member = await phones.open(one.id, '#/pages/me/me');
  await member.getByTestId('my-code').click();
  await expect(member.getByTestId('my-qr')).toBeVisible();
  const first = await member.getByTestId('my-code-url').textContent() ?? '';
  expect(first).toMatch(/\/c\/p[0-9a-z]{13}\.[0-9a-z]{16}$/);
  await member.getByTestId('renew').click();
  await member.getByTestId('renew-dialog-yes').click();
  await expect(member.getByTestId('my-code-url')).not.toHaveText(first);
  const fresh = await member.getByTestId('my-code-url').textContent() ?? '';

  const page = await phones.open(there.branch.secretary.id, pageOf.event(there.event.id));
  await page.getByTestId('scan-personal').click();
  await page.getByTestId('scan-next').click();
  await show(page, fresh);
  await expect(page.getByTestId('last-name')).toHaveText(one.name);
  await show(page, (await codeOf(sim, two)).url); // the camera has opened again by itself
  await expect(page.getByTestId('last-name')).toHaveText(two.name);
  await show(page, first);
  await expect(page.getByTestId('last-text')).toContainText('已换新');
  await show(page, fresh);
  await expect(page.getByTestId('last-text')).toContainText('已经登记过');
  await stop(page);
  await keep(page, 'station-scan');
  expect(await recordOf(there, one)).toMatchObject({ status: 'present', source: 'personal', recordedBy: { name: there.branch.secretary.name }, revision: 1 });
  expect(await recordOf(there, two)).toMatchObject({ status: 'present', source: 'personal' });
});

test('without signal, started anew, and with signal again', async ({ sim, phones }) => {
  const there = await hall(sim, '无信号签到');
  const [one, two, three] = there.branch.members.slice(2, 5) as [Someone, Someone, Someone];
  const context = await phones.context();
  const page = await phones.open(there.branch.secretary.id, '#/', context);
  await atStation(page, there.event);
  const codes = [await codeOf(sim, one), await codeOf(sim, two)] as const;

  await context.setOffline(true);
  await page.getByTestId('scan-next').click();
  await show(page, codes[0].url);
  await expect(page.getByTestId('last-name')).toHaveText(one.name);
  await expect(page.getByTestId('last-text')).toContainText('已记下');
  await show(page, codes[1].url.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
  await expect(page.getByTestId('last-text')).toContainText('请核对本人');
  await stop(page);
  await page.getByTestId(`tick-${two.id}`).click();
  await expect(page.getByTestId('unsent')).toHaveText('2');
  await keep(page, 'station-offline');

  // the phone was switched off and on: a browser needs its files for that, the API stays away
  await onlyFiles(context);
  await page.reload();
  await expect(page.getByTestId('unsent'), 'the queue is still there').toHaveText('2');
  await page.getByTestId('scan-next').click();
  await show(page, codes[0].url);
  await expect(page.getByTestId('last-text'), 'and the roster, too').toContainText('已经登记过');
  await stop(page);
  await page.getByTestId(`tick-${three.id}`).click();
  await page.getByTestId('to-queue').click();
  await expect(page.getByTestId('sum')).toContainText('3 条待上传');
  await expect(page.getByTestId(`held-${one.id}`)).toContainText('个人码');
  await keep(page, 'station-queue');
  expect(await recordOf(there, one)).toMatchObject({ status: 'pending' });

  await context.unrouteAll();
  await page.getByTestId('send-now').click();
  await expect(page.getByTestId('sum')).toContainText('都上传了');
  await expect(page.getByTestId(`sent-${one.id}`)).toContainText('已上传');
  expect(await recordOf(there, one)).toMatchObject({ status: 'present', source: 'personal', revision: 1 });
  expect(await recordOf(there, two)).toMatchObject({ status: 'present', source: 'roll', revision: 1 });
});

/** The network of a phone that has the client already: files come, answers do not. */
async function onlyFiles(context: BrowserContext): Promise<void> {
  await context.route('**/api/**', (route) => route.abort('internetdisconnected'));
  await context.setOffline(false);
}

test('two stations hold the same member: the first instant wins, and a contradiction is asked about', async ({ sim, phones }) => {
  const there = await hall(sim, '两个签到台');
  const [one, two] = there.branch.members.slice(5, 7) as [Someone, Someone];
  const [early, late] = [await phones.context(), await phones.context()];
  const first = await phones.open(there.branch.secretary.id, '#/', early);
  const second = await phones.open(there.branch.organiser.id, '#/', late);
  await atStation(first, there.event);
  await atStation(second, there.event);
  await early.setOffline(true);
  await late.setOffline(true);
  await first.getByTestId(`tick-${one.id}`).click();
  await first.getByTestId(`tick-${two.id}`).click();
  await second.getByTestId(`tick-${one.id}`).click();

  await late.setOffline(false); // the later one has signal first
  await expect(second.getByTestId('unsent')).toHaveText('0');
  const before = await recordOf(there, one);
  expect(before).toMatchObject({ status: 'present', recordedBy: { name: there.branch.organiser.name } });
  await mark(there, two, 'sick');
  await early.setOffline(false);
  await expect(first.getByTestId('ask')).toContainText('有 1 人');
  const after = await recordOf(there, one);
  expect(after).toMatchObject({ status: 'present', recordedBy: { name: there.branch.secretary.name }, revision: 2 });
  expect(Date.parse(after?.at ?? '')).toBeLessThan(Date.parse(before?.at ?? ''));

  await first.getByTestId('ask').click();
  await expect(first.getByTestId(`question-${two.id}`)).toContainText('病假');
  await keep(first, 'station-question');
  expect(await recordOf(there, two), 'nothing has changed yet').toMatchObject({ status: 'sick', revision: 1 });
  await first.getByTestId(`record-${two.id}`).click();
  await expect(first.getByTestId(`question-${two.id}`)).toHaveCount(0);
  expect(await recordOf(there, two)).toMatchObject({ status: 'present', source: 'roll', revision: 2 });
});

async function mark({ secretary, event }: Hall, one: Someone, status: string): Promise<void> {
  await secretary.put(`/events/${event.id}/attendance/${one.id}`, { status });
}

test('the roster is encrypted, and leaves with the login', async ({ sim, phones }) => {
  const there = await hall(sim, '离线名单');
  const page = await phones.open(there.branch.secretary.id, '#/');
  await atStation(page, there.event);
  const stored = async (): Promise<{ sealed: string; key: string; rest: string }> => page.evaluate(() => {
    const find = (box: Storage, part: string): string => Object.keys(box).filter((name) => name.includes(part)).map((name) => box.getItem(name) ?? '').join();
    return { sealed: find(localStorage, 'pack.'), key: find(sessionStorage, 'station.key.'), rest: JSON.stringify(localStorage) };
  });
  const { sealed, key, rest } = await stored();
  expect(sealed.length).toBeGreaterThan(1000);
  expect(rest, 'the key does not lie beside what it opens').not.toContain(JSON.parse(key));
  for (const one of there.branch.members) expect(rest).not.toContain(one.name);

  await visit(page, '#/pages/me/me');
  await front(page, 'logout').click();
  await page.getByTestId('logout-dialog-yes').click();
  await expect.poll(async () => { const left = await stored(); return left.sealed + left.key; }).toBe('');
});

test('cards for those without a phone', async ({ sim, phones }) => {
  const there = await hall(sim, '打印卡片');
  const page = await phones.open(there.branch.secretary.id, '#/pages/me/me');
  await front(page, 'my-branch').click();
  await front(page, 'cards').click();
  await expect(page.getByTestId('sheet')).toBeVisible();
  await page.getByTestId('all').click();
  await expect(page.getByTestId(`card-${there.branch.members[0]?.id}`)).toBeVisible();
  await page.setViewportSize({ width: 794, height: 1123 }); // A4 at 96 dpi
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByTestId('print')).toBeHidden();
  await expect(page.locator('uni-page-head'), 'nor the frame around the page').toBeHidden();
  await keep(page, 'station-cards-print');
  const pages = (await page.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type \/Page\b/g) ?? [];
  const cards = await page.locator('[data-testid^=card-]').count();
  expect(pages, 'eight cards on a sheet of A4').toHaveLength(Math.ceil(cards / 8));
});
