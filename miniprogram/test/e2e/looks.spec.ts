/** Every page, in normal and large type and in the dark: nothing too wide, too small, too pale; nothing in the console. */
import type { BrowserContextOptions, Page } from '@playwright/test';
import type { ScanAnswer } from '@/api/checkins';
import type { EventItem } from '@/api/events';
import type { Org } from '@/api/people';
import type { ReminderOverview } from '@/api/reminders';
import type { RosterImport } from '@/api/rosters';
import type { Site, Visit } from '@/api/sites';
import type { Branch, Sim } from './actors';
import { measure } from './measure';
import { document, keep } from './pictures';
import { expect, front, pageOf, test, visit } from './world';

test.use({ file: 'looks' });
test.describe.configure({ mode: 'parallel' });

/** What the pages are about: a meeting that is on with people in it, one to come, and one not yet published. */
interface Scene { branch: Branch; open: EventItem; ahead: EventItem; draft: EventItem; url: string; placed: string; missing: string; reminder: string; callee: string }

async function scene(sim: Sim): Promise<Scene> {
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const open = await secretary.meeting('冬训动员会');
  const { url } = await secretary.code(open.id);
  for (const one of branch.members.slice(2, 9)) {
    const actor = await sim.actor(one.id);
    const { ticket } = await actor.post<ScanAnswer>('/scans', { code: url });
    await actor.post('/checkins', { key: `looks-${one.id}`, ticket });
  }
  const ahead = (await secretary.events('when=upcoming&scope=run&limit=50')).find(({ guests, phase }) => guests.length > 0 && phase === 'upcoming');
  if (!ahead) throw new Error('the demonstration has no joint event');
  const draft = await secretary.post<EventItem>('/events', { ...ahead, key: '', title: '十二月党课（还没有发布）', guestOrgIds: [] });
  const hall = await secretary.meeting('标了位置的会', { place: { name: '镇文化礼堂', position: { lat: 30.27, lng: 109.48 } } });
  const { url: placed } = await secretary.code(hall.id);
  const { items, phone } = await secretary.get<ReminderOverview>(`/events/${ahead.id}/reminders`);
  const callee = phone.find(({ orgName, phoneMasked }) => orgName === ahead.host.name && phoneMasked)?.memberId ?? '';
  return { branch, open, ahead, draft, callee, reminder: items[0]?.id ?? '', url: (await secretary.code(open.id)).url, placed, missing: branch.members[9]?.id ?? '' };
}

/** A page to look at: who sees it, where it is, by what one knows that it is there, and what to tap before looking. */
interface Place { name: string; hash: string; shows: string; tap?: string; as?: 'member' | 'unbound' | 'resident' }

const places = ({ open, ahead, draft, callee, url, placed, missing, reminder }: Scene): Place[] => [
  // first, while the code is fresh
  { name: 'checkin-bind', hash: pageOf.checkin(url), shows: 'bind-card', as: 'unbound' },
  { name: 'checkin-done', hash: pageOf.checkin(url), shows: 'result-done', as: 'member' },
  { name: 'checkin-position', hash: pageOf.checkin(placed), shows: 'asking', as: 'member' },
  { name: 'checkin-forged', hash: pageOf.checkin(`${url.slice(0, -3)}xxx`), shows: 'result-refused', as: 'member' },
  { name: 'event', hash: pageOf.event(ahead.id), shows: 'remind', as: 'member' },
  { name: 'event-allow', hash: pageOf.event(ahead.id), shows: 'subscribe-accept', tap: 'remind', as: 'member' },
  { name: 'notify', hash: '#/pages/notify/notify', shows: 'topic-before', as: 'member' },
  { name: 'mycode', hash: '#/pages/mycode/mycode', shows: 'my-qr', as: 'member' },
  { name: 'mycode-renew', hash: '#/pages/mycode/mycode', shows: 'renew-dialog-yes', tap: 'renew', as: 'member' },
  { name: 'event-ask', hash: pageOf.event(ahead.id), shows: 'ask-submit', tap: 'ask-leave', as: 'member' },
  { name: 'event-came', hash: pageOf.event(open.id), shows: 'history-open', as: 'member' },
  { name: 'event-help', hash: pageOf.event(open.id), shows: 'help-sheet', tap: 'help-open', as: 'member' },
  { name: 'event-history', hash: pageOf.event(open.id), shows: 'history', tap: 'history-open', as: 'member' },
  { name: 'scan', hash: '#/', shows: 'scan-submit', tap: 'scan', as: 'member' },
  { name: 'spoken', hash: '#/', shows: 'spoken-sheet', tap: 'spoken-open', as: 'member' },
  { name: 'home', hash: '#/', shows: 'month' },
  { name: 'events', hash: '#/pages/events/events', shows: `event-${ahead.id}` },
  { name: 'events-run', hash: '#/pages/events/events', shows: `event-${draft.id}`, tap: 'tab-run' },
  { name: 'messages', hash: '#/pages/messages/messages', shows: 'messages' },
  { name: 'queue', hash: '#/pages/queue/queue', shows: 'sum' },
  { name: 'station', hash: pageOf.station('station', open.id), shows: 'download' },
  { name: 'station-list', hash: pageOf.station('station', open.id), shows: 'pack-note', tap: 'download' },
  { name: 'scan-personal', hash: pageOf.station('scan', open.id), shows: 'last' },
  { name: 'cards', hash: pageOf.station('cards'), shows: 'sheet', tap: 'all' },
  { name: 'me', hash: '#/pages/me/me', shows: 'my-phone' },
  { name: 'record', hash: '#/pages/record/record', shows: 'summary' },
  { name: 'about', hash: '#/pages/about/about', shows: 'about' },
  { name: 'privacy', hash: '#/pages/privacy/privacy', shows: 'privacy' },
  { name: 'demo', hash: '#/pages/demo/demo', shows: 'role-secretary' },
  { name: 'event-run', hash: pageOf.event(open.id), shows: 'close-event' },
  { name: 'event-draft', hash: pageOf.event(draft.id), shows: 'publish-dialog-yes', tap: 'publish' },
  { name: 'event-close', hash: pageOf.event(open.id), shows: 'close-dialog-yes', tap: 'close-event' },
  { name: 'event-cancel', hash: pageOf.event(ahead.id), shows: 'cancel-dialog-reason', tap: 'cancel-event' },
  { name: 'edit', hash: pageOf.secretary('edit'), shows: 'remind-published', tap: 'more-settings' },
  { name: 'edit-time', hash: pageOf.secretary('edit'), shows: 'edit', tap: 'start-field' },
  { name: 'edit-wrong', hash: pageOf.secretary('edit'), shows: 'form-error', tap: 'publish' },
  { name: 'edit-guests', hash: pageOf.secretary('edit'), shows: 'org-done', tap: 'guests-open' },
  { name: 'code', hash: pageOf.secretary('code', open.id), shows: 'qr' },
  { name: 'attendance', hash: pageOf.secretary('attendance', open.id), shows: 'tab-missing' },
  { name: 'attendance-came', hash: pageOf.secretary('attendance', open.id), shows: 'tab-came', tap: 'tab-came' },
  { name: 'attendance-mark', hash: pageOf.secretary('attendance', open.id), shows: 'mark-save', tap: `row-${missing}` },
  { name: 'attendance-several', hash: pageOf.secretary('attendance', open.id), shows: 'several-all', tap: 'several-on' },
  { name: 'requests', hash: pageOf.secretary('requests', ahead.id), shows: 'tab-pending' },
  { name: 'settlement', hash: pageOf.secretary('settlement', open.id), shows: `why-${missing}`, tap: `why-${missing}` },
  { name: 'code-renew', hash: pageOf.secretary('code', open.id), shows: 'renew-dialog-reason', tap: 'renew' },
  { name: 'reminders', hash: pageOf.secretary('reminders', ahead.id), shows: 'reach' },
  { name: 'reminders-call', hash: pageOf.secretary('reminders', ahead.id), shows: 'phone-number', tap: `call-${callee}` },
  { name: 'deliveries', hash: `#/pkg-secretary/pages/deliveries/deliveries?id=${ahead.id}&reminder=${reminder}`, shows: 'tab-problem' },
  { name: 'load', hash: '#/pkg-committee/pages/load/load', shows: 'sum' },
  { name: 'members', hash: '#/pkg-members/pages/members/members', shows: 'chip-all' },
  { name: 'member', hash: `#/pkg-members/pages/member/member?id=${missing}`, shows: 'member-name' },
  { name: 'member-phone', hash: `#/pkg-members/pages/member/member?id=${missing}`, shows: 'phone-number', tap: 'call' },
  { name: 'member-posts', hash: `#/pkg-members/pages/member/member?id=${missing}`, shows: 'posts-save', tap: 'posts-open' },
  { name: 'member-edit', hash: `#/pkg-members/pages/edit/edit?id=${missing}`, shows: 'member-save' },
  { name: 'member-transfer', hash: `#/pkg-members/pages/transfer/transfer?id=${missing}`, shows: 'transfer-send' },
  { name: 'transfers', hash: '#/pkg-members/pages/transfers/transfers', shows: 'tab-out' },
  { name: 'month', hash: '#/pkg-secretary/pages/month/month', shows: 'remind-soon' },
  { name: 'preview', hash: pageOf.secretary('preview'), shows: 'checked' },
  { name: 'ask', hash: '#/pkg-binding/pages/ask/ask?code=iABCD2345', shows: 'ask-submit', as: 'resident' },
  { name: 'home-resident', hash: '#/', shows: 'bind-notice', as: 'resident' },
  { name: 'me-resident', hash: '#/pages/me/me', shows: 'bind-card', as: 'resident' },
];

/** A site with a plate and a visit that is going on, as its admin sees it. */
async function sites(sim: Sim): Promise<{ admin: string; site: Site; visit: Visit }> {
  const admin = (await sim.people()).find(({ roles }) => roles.includes('admin'));
  if (!admin) throw new Error('the demonstration has no admin');
  const actor = await sim.actor(admin.id);
  const { runs } = await actor.get<{ runs: { id: string }[] }>('/me');
  const site = await actor.post<Site>('/sites', { kind: 'red_education', name: '茨淮新河建设历史陈列馆', orgId: runs[0]?.id, address: '阚疃镇茨河铺', introduction: '讲茨淮新河怎样挖成。', opening: '周二至周日 9:00–17:00' });
  const at = Date.now();
  const visit = await actor.post<Visit>(`/sites/${site.id}/visits`, { key: `looks-${site.id}`, orgId: runs[0]?.id, note: '新党员参观学习', opensAt: new Date(at).toISOString(), closesAt: new Date(at + 3_600_000).toISOString() });
  return { admin: admin.id, site, visit };
}

const sitePlaces = (site: string, visitId: string): Place[] => [
  { name: 'sites', hash: '#/pkg-sites/pages/sites/sites', shows: `site-${site}` },
  { name: 'site', hash: `#/pkg-sites/pages/site/site?id=${site}`, shows: 'to-plate' },
  { name: 'site-visit', hash: `#/pkg-sites/pages/site/site?id=${site}`, shows: 'visit-save', tap: 'visit-open' },
  { name: 'site-close', hash: `#/pkg-sites/pages/site/site?id=${site}`, shows: 'close-dialog-yes', tap: 'site-close' },
  { name: 'site-edit', hash: `#/pkg-sites/pages/edit/edit?id=${site}`, shows: 'site-save' },
  { name: 'plate', hash: `#/pkg-sites/pages/plate/plate?id=${site}`, shows: 'plate-qr' },
  { name: 'plate-renew', hash: `#/pkg-sites/pages/plate/plate?id=${site}`, shows: 'renew-dialog-yes', tap: 'plate-renew' },
  { name: 'visits', hash: `#/pkg-sites/pages/visits/visits?id=${site}`, shows: 'today-count' },
  { name: 'visits-one', hash: `#/pkg-sites/pages/visits/visits?id=${site}`, shows: 'visit-end', tap: `visit-${visitId}` },
];

const DATA_PLACES: Place[] = [
  { name: 'audit', hash: '#/pkg-data/pages/audit/audit', shows: 'entry' },
  { name: 'my-data', hash: '#/pkg-data/pages/data/data', shows: 'kind-roster' },
  { name: 'my-data-correct', hash: '#/pkg-data/pages/data/data', shows: 'correct-send', tap: 'correct' },
  { name: 'my-data-close', hash: '#/pkg-data/pages/data/data', shows: 'close-dialog-yes', tap: 'close-account' },
  { name: 'looks', hash: '#/pkg-data/pages/looks/looks', shows: 'looks' },
  { name: 'corrections', hash: '#/pkg-data/pages/corrections/corrections', shows: 'corrections' },
];

/** A file that has something of everything, uploaded by the admin; nothing of it is written. */
async function rosterPlaces(admin: string, sim: Sim): Promise<Place[]> {
  const actor = await sim.actor(admin);
  const { roles } = await actor.get<{ roles: { role: string; orgId: string }[] }>('/me');
  const known = (await sim.branches())[0]?.secretary;
  const file = ['所在支部,姓名,手机号,身份证号码,民族', `${known?.org},${known?.name},13900007001,,汉`, `${known?.org},欧阳新来,13900007002,,汉`, `${known?.org},司马写错,1390000,,汉`, '没有的党支部,诸葛无处,,,汉'];
  const { id } = await actor.send<RosterImport>(`/orgs/${roles.find(({ role }) => role === 'admin')?.orgId}/roster-imports?name=${encodeURIComponent('冉庙乡党员花名册（2026年10月）.csv')}`, file.join('\n'));
  const preview = `#/pkg-roster/pages/preview/preview?id=${id}`;
  return [
    { name: 'roster', hash: '#/pkg-roster/pages/roster/roster', shows: 'pick-table' },
    { name: 'roster-doubtful', hash: preview, shows: 'row-1' },
    { name: 'roster-new', hash: preview, shows: 'row-2', tap: 'tab-new' },
    { name: 'roster-wrong', hash: preview, shows: 'row-4', tap: 'tab-refused' },
  ];
}

/** Work that was given up, as the server would tell of it: there is none in a demonstration that goes well. */
const given = {
  items: [
    { id: '0cr04adg0s9wb', kind: 'remind.send', title: '向一位党员发送提醒', subject: '“十二月主题党日”的活动通知，发给王建国', trouble: 'failing', why: '试了多次都没有成功，多半是数据库或网络出了故障', advice: '故障排除后点重试', attempts: 20, createdAt: '2026-12-10T01:00:00Z', diedAt: '2026-12-10T03:00:00Z' },
    { id: '0cr04adg0s9wc', kind: 'wechat.push', title: '处理微信的推送', subject: '', trouble: 'broken', why: '程序处理时出错', advice: '请把编号告诉技术人员，升级以后再重试', attempts: 20, createdAt: '2026-12-10T01:00:00Z', diedAt: '2026-12-10T03:00:00Z' },
  ],
  next: '', dropped: [{ id: '0cr04adg0s9wa', title: '向一位党员发送提醒', subject: '“十一月主题党日”的活动通知，发给李秀英', droppedAt: '2026-12-09T03:00:00Z', byName: '张部长', reason: '活动已经结束' }],
};
const workPlaces: Place[] = [
  { name: 'work', hash: '#/pkg-committee/pages/work/work', shows: 'retry-all' },
  { name: 'work-drop', hash: '#/pkg-committee/pages/work/work', shows: 'drop-dialog-yes', tap: 'drop-0cr04adg0s9wb' },
];

/** An invitation, a resident who asks with it under the name of somebody in office, and a member with an invitation of their own. */
async function bindingPlaces(admin: string, sim: Sim): Promise<Place[]> {
  const actor = await sim.actor(admin);
  const { runs } = await actor.get<{ runs: { id: string }[] }>('/me');
  const [branch] = await sim.branches();
  const one = branch?.members[3];
  if (!branch || !one) throw new Error('the demonstration has no members');
  const { code } = await actor.post<{ code: string }>(`/orgs/${runs[0]?.id}/invitations`, { key: `looks-${Date.now()}` });
  const other = (await sim.people()).filter(({ roles }) => roles.includes('resident'))[1]; // the first one has asked for nothing
  const resident = await sim.actor(other?.id ?? '');
  await resident.post('/me/binding-request', { key: `looks-${code}`, code, name: branch.secretary.name, last4: '1234' }).catch(() => { /* asked before */ });
  const { member } = await actor.get<{ member: { orgId: string } }>(`/members/${one.id}/binding`);
  await actor.post(`/orgs/${member.orgId}/invitations`, { key: `looks-one-${code}`, memberId: one.id });
  return [
    { name: 'invite', hash: `#/pkg-binding/pages/invite/invite?id=${runs[0]?.id}`, shows: 'invite-code' },
    { name: 'invite-more', hash: `#/pkg-binding/pages/invite/invite?id=${runs[0]?.id}`, shows: 'invite-make', tap: 'invite-more' },
    { name: 'invite-pick', hash: `#/pkg-binding/pages/invite/invite?id=${runs[0]?.id}`, shows: 'member-list', tap: 'invite-person' },
    { name: 'approvals', hash: '#/pkg-binding/pages/approvals/approvals', shows: `match-${branch.secretary.id}` },
    { name: 'approvals-replace', hash: '#/pkg-binding/pages/approvals/approvals', shows: 'replace-dialog-yes', tap: `approve-${branch.secretary.id}` },
    { name: 'member-binding', hash: `#/pkg-binding/pages/member/member?id=${one.id}`, shows: 'invite-code' },
    { name: 'member-release', hash: `#/pkg-binding/pages/member/member?id=${one.id}`, shows: 'release-dialog-yes', tap: 'release' },
  ];
}

/** The roles of a branch, as the district's admin sees them, and the first settings, which the demonstration has behind it. */
async function rolePlaces(sim: Sim): Promise<Place[]> {
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const { member } = await (await sim.actor(branch.secretary.id)).get<{ member: { orgId: string } }>('/me');
  const [held, over] = [`#/pkg-roles/pages/roles/roles?org=${member.orgId}`, `#/pkg-roles/pages/handover/handover?org=${member.orgId}`];
  return [
    { name: 'roles', hash: held, shows: `holder-secretary-${branch.secretary.id}` },
    { name: 'roles-appoint', hash: held, shows: 'role-keeper', tap: 'appoint' },
    { name: 'roles-revoke', hash: held, shows: 'revoke-dialog-yes', tap: `revoke-secretary-${branch.secretary.id}` },
    { name: 'handover', hash: over, shows: `from-${branch.secretary.id}` },
    { name: 'handover-plan', hash: over, shows: 'afterwards', tap: `from-${branch.secretary.id}` },
    { name: 'setup', hash: '#/pkg-roles/pages/setup/setup', shows: 'setup-save' },
  ];
}

/** A committee of the district, as its admin sees it: itself, the tree, and what can be changed. */
async function orgPlaces(admin: string, sim: Sim): Promise<Place[]> {
  const { items } = await (await sim.actor(admin)).get<{ items: Org[] }>('/orgs?limit=200');
  const branch = items.find(({ kind, parentId }) => kind === 'branch' && parentId);
  if (!branch) throw new Error('the demonstration has no branches');
  const at = (page: string, query: string): string => `#/pkg-org/pages/${page}/${page}?${query}`;
  return [
    { name: 'org', hash: at('org', `id=${branch.parentId}`), shows: `below-${branch.id}` },
    { name: 'org-close', hash: at('org', `id=${branch.id}`), shows: 'remains-dialog-yes', tap: 'org-close' },
    { name: 'tree', hash: at('tree', `id=${branch.id}`), shows: `org-${branch.id}` },
    { name: 'org-add', hash: at('form', `under=${branch.parentId}`), shows: 'error-name', tap: 'org-save' },
    { name: 'org-day', hash: at('form', `id=${branch.id}`), shows: 'day-28', tap: 'theme-day' },
    { name: 'org-move', hash: at('place', `id=${branch.id}&act=move`), shows: `org-${branch.id}` },
    { name: 'org-history', hash: at('history', `id=${branch.id}`), shows: 'empty' },
  ];
}

/** Goes there and waits until it is what it should be; the last thing to arrive are the counts of the tab. */
async function reach(page: Page, place: Place): Promise<void> {
  await visit(page, place.hash);
  if (place.tap) await front(page, place.tap).first().click();
  await expect(front(page, place.shows).first()).toBeVisible();
}

/** The person through whose eyes a page is seen. */
async function viewer(as: NonNullable<Place['as']> | 'secretary', { branch }: Scene, sim: Sim): Promise<string> {
  const one = { secretary: branch.secretary, member: branch.members[0], unbound: branch.unbound[0], resident: await sim.resident() }[as];
  if (!one) throw new Error(`the demonstration has no ${as}`);
  return one.id;
}

/** Large type as a person gets it: by the switch. */
async function enlarge(page: Page): Promise<void> {
  await visit(page, '#/pages/me/me');
  await page.getByTestId('large-type').click();
  await expect(page.getByTestId('me')).toHaveAttribute('style', /1\.35/);
}

const DOCUMENTED: Record<string, string> = { home: '首页', code: '签到码', attendance: '签到名单' };
const MODES: { mode: string; options: BrowserContextOptions; large?: boolean }[] = [
  { mode: 'normal', options: {} }, { mode: 'large', options: {}, large: true }, { mode: 'dark', options: { colorScheme: 'dark' } },
];

for (const { mode, options, large } of MODES) {
  test(`every page in ${mode}`, async ({ sim, phones, browser }) => {
    test.setTimeout(150_000);
    const what = await scene(sim);
    const context = await phones.context(options);
    if (large) await enlarge(await phones.open(what.branch.secretary.id, '#/pages/me/me', context));
    let page: Page | undefined;
    let seenBy = '';
    for (const place of places(what)) {
      const who = await viewer(place.as ?? 'secretary', what, sim);
      if (who !== seenBy) {
        await page?.close(); // a page in front is drawn at once, one behind another takes a second
        page = await phones.open(who, '#/pages/privacy/privacy', context);
        seenBy = who;
      }
      if (!page) continue;
      await reach(page, place);
      const picture = await keep(page, `${place.name}-${mode}`);
      expect.soft(await measure(page), `${place.name} in ${mode}`).toEqual([]);
      const caption = DOCUMENTED[place.name];
      if (mode === 'normal' && caption) await document(browser, place.name, [{ picture, caption }]);
    }
  });

  const seeThem = async (page: Page, list: Place[]): Promise<void> => {
    if (large) await enlarge(page);
    for (const place of list) {
      await reach(page, place);
      await keep(page, `${place.name}-${mode}`, true);
      expect.soft(await measure(page), `${place.name} in ${mode}`).toEqual([]);
    }
  };

  test(`the pages of a site and of a roster in ${mode}`, async ({ sim, phones }) => {
    test.setTimeout(150_000);
    const { admin, site, visit: open } = await sites(sim);
    const page = await phones.open(admin, '#/pages/me/me', await phones.context(options));
    await seeThem(page, [...sitePlaces(site.id, open.id), ...await rosterPlaces(admin, sim)]);
  });

  test(`the pages of bindings, roles, jobs and of what is on record in ${mode}`, async ({ sim, phones }) => {
    test.setTimeout(150_000);
    const admin = (await sim.people()).find((one) => one.roles.includes('admin'))?.id ?? '';
    const page = await phones.open(admin, '#/pages/me/me', await phones.context(options));
    await page.route('**/api/v1/dead-jobs?*', (route) => route.fulfill({ json: given }));
    await page.route('**/api/v1/setup', (route) => route.fulfill({ json: { open: true, empty: true } }));
    await seeThem(page, [...workPlaces, ...await rolePlaces(sim), ...await bindingPlaces(admin, sim), ...DATA_PLACES]);
  });

  test(`the pages of an organisation in ${mode}`, async ({ sim, phones }) => {
    const admin = (await sim.people()).find(({ roles }) => roles.includes('admin'))?.id ?? '';
    const context = await phones.context(options);
    const page = await phones.open(admin, '#/pages/me/me', context);
    if (large) await enlarge(page);
    for (const place of await orgPlaces(admin, sim)) {
      await reach(page, place);
      await keep(page, `${place.name}-${mode}`, true);
      expect.soft(await measure(page), `${place.name} in ${mode}`).toEqual([]);
    }
  });

  test(`the code on the wall of the hall in ${mode}`, async ({ sim, phones }) => {
    const what = await scene(sim);
    const context = await phones.context({ ...options, viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 });
    const page = await phones.open(what.branch.secretary.id, '#/pages/me/me', context);
    if (large) await enlarge(page);
    await visit(page, pageOf.secretary('code', what.open.id));
    await expect(page.getByTestId('qr')).toBeVisible();
    await expect(page.getByTestId('live-state')).toHaveText('实时');
    await keep(page, `code-1280-${mode}`);
    expect(await measure(page)).toEqual([]);
    const [screen, code] = [page.viewportSize(), await page.getByTestId('qr').boundingBox()];
    expect(code && screen && code.y + code.height <= screen.height, 'all of the code is on the screen').toBe(true);
    expect(await page.evaluate(() => window.document.documentElement.scrollHeight), 'nothing to scroll').toBeLessThanOrEqual(800);
  });
}

test('the pages that are not of the client', async ({ sim, phones }) => {
  const { branch, url } = await scene(sim);
  const page = await (await phones.context()).newPage();
  const person = branch.members[0]?.id ?? '';
  for (const [name, path, shows] of [['phones', '/__sim/phone', '.row'], ['phone', `/__sim/phone?person=${person}`, '#owner:not(:empty)'], ['landing', new URL(url).pathname, 'a[href]']] as const) {
    await page.goto(path);
    await expect(page.locator(shows).first()).toBeVisible();
    await keep(page, name);
  }
  expect(await measure(page), 'where a plain camera lands').toEqual([]);
  await page.locator('a[href]').click();
  await expect(page.getByTestId('role-secretary'), 'a stranger chooses who to be').toBeVisible();
});
