/** Nothing acknowledged is ever lost, nothing happens twice: when sessions end, servers die and signals go. */
import type { Page, Route } from '@playwright/test';
import type { EventItem } from '@/api/events';
import type { Actor, Branch, Sim, Someone } from './actors';
import type { Server } from './server';
import { expect, front, pageOf, test, visit } from './world';

test.use({ file: 'resilience' });

interface Hall { branch: Branch; secretary: Actor; event: EventItem }

async function hall(sim: Sim, title: string): Promise<Hall> {
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  return { branch, secretary, event: await secretary.meeting(title) };
}

const recordOf = async ({ secretary, event }: Hall, one: Someone): Promise<unknown> =>
  (await secretary.attendance(event.id)).find(({ memberId }) => memberId === one.id);

/** Holds the next requests to these paths until all of them are on their way; the later ones pass. */
async function together(page: Page, paths: string[]): Promise<void> {
  const held: Route[] = [];
  await page.route(({ pathname }) => paths.includes(pathname), async (route) => {
    held.push(route);
    if (held.length === paths.length) await Promise.all(held.map((each) => each.continue()));
    else if (held.length > paths.length) await route.continue();
  });
}

test('a session that has ended costs one login, not three', async ({ sim, phones }) => {
  const { branch, secretary, event } = await hall(sim, '会话过期');
  const page = await phones.open(branch.secretary.id, pageOf.secretary('code', event.id));
  await expect(page.getByTestId('qr')).toBeVisible();
  const token = await page.evaluate(() => JSON.parse(window.sessionStorage.getItem('themeday.token') ?? '""') as string);
  await secretary.revoke(token);

  const paths = ['/api/v1/me', `/api/v1/events/${event.id}`, `/api/v1/events/${event.id}/code`];
  const [refused, logins]: [string[], string[]] = [[], []];
  page.on('response', (answer) => { if (answer.status() === 401) refused.push(new URL(answer.url()).pathname); });
  page.on('request', (request) => { if (request.method() === 'POST' && request.url().endsWith('/api/v1/session')) logins.push(request.url()); });
  await together(page, paths);
  await page.reload();
  await expect(page.getByTestId('qr')).toBeVisible();
  await expect(page.getByTestId('live-state'), 'the socket has the new token, too').toHaveText('实时');
  expect(refused).toEqual(expect.arrayContaining(paths));
  expect(logins).toHaveLength(1);
});

/** Lets the check-in go out, and the server die before (or just after) it has done its work. */
async function dieAt(page: Page, server: Server, committed: boolean): Promise<void> {
  await page.route('**/api/v1/checkins', async (route) => {
    if (committed) await route.fetch();
    await server.crash();
    await route.abort('connectionreset');
  }, { times: 1 });
}

for (const [when, committed, source] of [['before the commit', false, 'offline'], ['after the commit', true, 'scan']] as const) {
  test(`the server dies ${when}: the phone keeps the scan and hands it in`, async ({ sim, phones, server }) => {
    const there = await hall(sim, `断电 ${when}`);
    const who = there.branch.members[committed ? 0 : 1] as Someone;
    const screen = await phones.open(there.branch.secretary.id, pageOf.secretary('code', there.event.id));
    await expect(screen.getByTestId('live-state')).toHaveText('实时');
    const { url } = await there.secretary.code(there.event.id);
    const page = await phones.open(who.id);
    await dieAt(page, server, committed);
    await visit(page, pageOf.checkin(url));
    await expect(page.getByTestId('result-kept')).toContainText('有信号后会自动补交');
    await expect(screen.getByTestId('live-state'), 'the screen in the hall says so').toHaveText('断开，正在重连');

    await server.launch();
    await page.getByTestId('to-home').click();
    // the home page hands in by itself when it is shown
    await expect(page.getByTestId('outbox')).toHaveCount(0);
    await expect(screen.getByTestId('live-state'), 'and recovers by itself').toHaveText('实时', { timeout: 15_000 });
    await expect(screen.getByTestId(`came-${who.id}`)).toContainText(who.name);
    expect(await recordOf(there, who)).toMatchObject({ status: 'present', source, revision: 1 });
  });
}

async function scans(page: Page, text: string): Promise<void> {
  await front(page, 'scan').click();
  await page.getByTestId('scan-paste').fill(text);
  await page.getByTestId('scan-submit').click();
}

test('without signal the page shows what it has, and catches up by itself', async ({ sim, phones }) => {
  const there = await hall(sim, '没有信号');
  const who = there.branch.members[2] as Someone;
  const { url } = await there.secretary.code(there.event.id);
  const context = await phones.context();
  const page = await phones.open(who.id, '#/', context);
  await expect(page.getByTestId('next-event')).toBeVisible();

  await scans(page, 'https://example.com/menu'); // has the page's code loaded, as it always is on a phone
  await expect(page.getByTestId('result-refused')).toBeVisible();
  await page.getByTestId('to-home').click();

  await context.setOffline(true);
  await scans(page, url);
  await expect(page.getByTestId('result-kept')).toContainText(/有信号后会自动补交，时间按刚才.*的时间算/);
  await page.getByTestId('to-home').click();
  await expect(page.getByTestId('outbox')).toContainText(/有 1 次.*还没交上去/);
  await expect(page.getByTestId('stale')).toContainText('下面是上次看到的内容');
  await expect(page.getByTestId('next-event')).toBeVisible();

  await context.setOffline(false);
  await expect(page.getByTestId('outbox'), 'nobody has to tap').toHaveCount(0);
  await page.getByTestId('stale').getByText('重试').click();
  await expect(page.getByTestId('stale')).toHaveCount(0);
  expect(await recordOf(there, who)).toMatchObject({ status: 'present', source: 'offline', revision: 1 });
});
