/** Answers the contract for one secretary and one open event; enough to fill every page of the package. */
import type { Answer, FakeRequest } from './fake-wx.mjs';
import { listedMember, memberCard, memberCounts, transfer } from '../fakes/members';
import { asked, attendance, binding, code, counts, entry, event, invitation, message, NOW, org, orgDetail, past, request as wish, scanAnswer, secretary, template } from '../fakes/nouns';

const can = { edit: true, publish: false, cancel: true, close: true, reopen: false, code: true, attendance: true };
const meeting = event({ can, counts: counts() });
const came = attendance({ status: 'present', source: 'scan', at: '2026-12-10T06:58:00Z', revision: 1 });
const card = { memberId: 'm2', memberName: '李秀英', orgName: '石桥村党支部', bound: false, url: 'https://d.example/c/p1.m', generation: 1, changedAt: null };
const list = (...items: unknown[]) => ({ items, next: '' });
const delivery = { pending: 0, held: 0, sending: 0, sent: 30, refused: 1, failed: 0, skipped: 0 };

const town = { id: 'o1', name: '阚疃镇党委', kind: 'committee' };
const load = {
  org: town, month: '2026-12', members: 38, messages: 178, average: 4.7, over: 0, bands: [{ from: 0, to: 3, members: 38 }],
  kinds: [{ kind: 'published', title: '活动通知', messages: 178 }], own: { org: town, members: 0, messages: 0, average: 0, over: 0 }, parts: [],
  months: [{ month: '2026-12', messages: 178 }], named: false, people: [], ceiling: { own: 0, most: 0, from: null, above: 0, editable: false },
};

const held = {
  org: { id: 'b1', name: '石桥村党支部', kind: 'branch' }, above: [], former: [], appoints: ['organiser', 'keeper'],
  items: [{ member: { id: 'm1', name: '张志强' }, orgName: '石桥村党支部', role: 'organiser', on: { id: 'b1', name: '石桥村党支部', kind: 'branch' }, since: '2023-06-05T00:00:00Z', by: null, bound: true }],
};

const ROUTES: [RegExp, unknown][] = [
  [/GET \/me$/, secretary()],
  [/GET \/me\/attendance/, { ...list(entry({})), summary: counts() }],
  [/GET \/me\/personal-code/, card],
  [/GET \/me\/data\/looks/, list({ at: meeting.startsAt, name: '王建国', orgName: '石桥村党支部', title: '查看党员名单' })],
  [/GET \/me\/data$/, { categories: [{ key: 'roster', title: '花名册', why: '支部的名册', until: '由支部管理', count: 1 }], corrections: [], closingAt: null, graceDays: 7 }],
  [/GET \/audit/, list({ id: 'a1', at: meeting.startsAt, action: 'event.published', title: '发布活动', by: null, subject: '', orgName: '', network: '', detail: [], sealed: true })],
  [/GET \/orgs\/\w+\/corrections/, { items: [], next: '' }],
  [/GET \/orgs\/\w+\/personal-codes/, list(card)],
  [/GET \/orgs\/\w+\/reminder-defaults/, { published: true, dayBefore: true, soon: false, recordReady: true }],
  [/GET \/orgs\/\w+\/reminder-load/, load],
  [/GET \/orgs\/\w+\/months\//, { orgId: 'b1', orgName: '石桥村党支部', month: '2026-12', themeDay: 10, planned: false, quiet: null, asks: [] }],
  [/GET \/orgs\/\w*\/roles/, held],
  [/GET \/orgs\/\w*\/hand-overs/, { items: [] }],
  [/GET \/setup/, { open: true, empty: true }],
  [/GET \/orgs\/\w*\/history/, list(past())],
  [/GET \/orgs\/\w*$/, orgDetail({ memberCount: 30, can: { edit: true, rename: true, shape: true, below: ['group'] } })],
  [/GET \/orgs\/\w+\/members/, { ...list(listedMember()), counts: memberCounts(), groups: [] }],
  [/GET \/orgs\/\w+\/transfers/, list(transfer())],
  [/GET \/members\/\w*$/, memberCard()],
  [/GET \/orgs/, list(org({ id: 'b2', name: '柳湾村党支部' }))],
  [/GET \/events\?/, list(meeting)],
  [/GET \/events\/\w+\/code/, code(NOW)],
  [/GET \/events\/\w+\/attendance/, { ...list(came, attendance({ memberId: 'm2', memberName: '李秀英' })), counts: counts() }],
  [/GET \/events\/\w+\/reminders\/\w*\/deliveries/, {
    ...list({ reminderId: 'r1', memberId: 'm2', memberName: '李秀英', orgName: '石桥村党支部', state: 'refused', code: 43101, reason: '没有允许这条提醒', advice: '', at: meeting.startsAt, channel: 'subscribe' }),
    title: '活动通知', counts: delivery,
  }],
  [/GET \/events\/\w+\/reminders/, {
    reach: { expected: 38, reachable: 31, unbound: 4, noGrant: 3 }, items: [{ id: 'r1', kind: 'published', title: '通知', dueAt: meeting.startsAt, state: 'done', counts: delivery }],
    deliveries: [{ reminderId: 'r1', memberId: 'm2', memberName: '李秀英', state: 'refused', code: 43101, reason: '没有允许这条提醒', at: meeting.startsAt }],
    phone: [{ memberId: 'm2', memberName: '李秀英', orgName: '石桥村党支部', phoneMasked: '138****0002', why: '没有绑定微信' }],
  }],
  [/GET \/dead-jobs/, {
    ...list({ id: 'j1', kind: 'remind.send', title: '向一位党员发送提醒', subject: '“主题党日”的活动通知，发给李秀英', trouble: 'failing', why: '试了多次都没有成功', advice: '故障排除后点重试', attempts: 20, createdAt: meeting.startsAt, diedAt: meeting.startsAt }),
    dropped: [],
  }],
  [/GET \/orgs\/\w*\/invitations/, list(invitation())],
  [/GET \/binding-requests/, list(asked())],
  [/GET \/members\/\w+\/binding/, binding({ boundAt: meeting.startsAt, invitation: invitation({ memberName: '李秀英' }) })],
  [/GET \/requests/, list(wish({ canDecide: true }))],
  [/GET \/events\/\w+$/, meeting],
  [/POST \/scans/, scanAnswer()],
  [/POST \/checkins$/, { attendance: came, repeated: false, event: entry({}).event }],
  [/GET \/message-templates/, list(template())],
  [/GET \/messages/, { ...list(message()), unread: 1 }],
];

export const TOKEN = 'tok-1';

export function answer(request: FakeRequest): Answer {
  const asked = `${request.method ?? 'GET'} ${request.url.replace(/^https?:\/\/[^/]+\/api\/v1/, '')}`;
  if (asked === 'POST /session') return { statusCode: 201, data: { token: TOKEN, expiresAt: '2027-01-01T00:00:00Z', me: secretary() } };
  if (request.header.authorization !== `Bearer ${TOKEN}`) return { statusCode: 401, data: { code: 'no_session', message: '请重新登录' } };
  const hit = ROUTES.find(([route]) => route.test(asked));
  return hit ? { statusCode: 200, data: hit[1] } : { statusCode: 404, data: { code: 'not_found', message: `没有 ${asked}` } };
}
