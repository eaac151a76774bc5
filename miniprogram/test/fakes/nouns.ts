/** One of each noun of the contract, complete; a test says only what matters to it. */
import type { Binding, BindingMatch, BindingRequest, Invitation } from '@/api/bindings';
import type { Attendance, BatchAnswer, Counts, EventCode, OfflineScan, ScanAnswer } from '@/api/checkins';
import type { EventBrief, EventItem, EventPage, Mark } from '@/api/events';
import type { Message } from '@/api/messages';
import type { OrgDetail, OrgPast } from '@/api/orgs';
import type { Me, Org, RecordItem } from '@/api/people';
import type { BranchMonth, Template } from '@/api/reminders';
import type { Request } from '@/api/requests';
import type { Held } from '@/lib/station';

export const NOW = Date.parse('2026-12-10T06:50:00Z');
const branch = { id: 'b000000000001', name: '石桥村党支部', kind: 'branch' as const };

export const counts = (part: Partial<Counts> = {}): Counts => ({ expected: 30, present: 8, late: 1, leave: 2, exempt: 1, absent: 0, pending: 20, ...part });

export function event(part: Partial<EventItem> = {}): EventItem {
  return {
    id: 'e000000000001', kind: 'theme_day', title: '12月主题党日', summary: '', state: 'published', phase: 'open', host: branch, guests: [],
    hostOrgId: branch.id, guestOrgIds: [], startsAt: '2026-12-10T07:00:00Z', endsAt: '2026-12-10T09:00:00Z',
    place: { name: '村部二楼', address: '', position: null, radius: 300 }, siteId: '',
    checkin: { opensAt: '2026-12-10T06:30:00Z', lateAfter: '2026-12-10T07:10:00Z', closesAt: '2026-12-10T09:00:00Z' },
    reminders: { published: true, dayBefore: true, soon: false, recordReady: true }, cancelReason: '', createdAt: '2026-12-01T00:00:00Z', publishedAt: '2026-12-01T00:00:00Z',
    closedAt: null, revision: 1, counts: null, mine: { expected: true, attendance: null },
    can: { edit: false, publish: false, cancel: false, close: false, reopen: false, code: false, attendance: false }, ...part,
  };
}

export function brief(part: Partial<EventBrief> = {}): EventBrief {
  const { id, kind, title, state, phase, startsAt, endsAt, host } = event();
  return { id, kind, title, state, phase, startsAt, endsAt, host, placeName: '村部二楼', placed: false, ...part };
}

export function attendance(part: Partial<Attendance> = {}): Attendance {
  return {
    eventId: 'e000000000001', memberId: 'm000000000001', memberName: '张志强', initials: 'zzq', orgId: branch.id, orgName: branch.name, expected: true,
    status: 'pending', source: '', at: null, recordedBy: null, position: 'none', reason: '', revision: 0, ...part,
  };
}

export function me(part: Partial<Me> = {}): Me {
  return {
    user: { id: 'u000000000001', createdAt: '2026-01-01T00:00:00Z' },
    member: { id: 'm000000000001', name: '张志强', kind: 'full', standing: 'normal', phoneMasked: '138****0001', orgId: branch.id, orgName: branch.name, bound: true },
    orgs: [{ ...branch, parentId: null, themeDay: 10, memberCount: 30 }], roles: [], runs: [], unread: 0, binding: null, asking: 0, serverTime: new Date(NOW).toISOString(), demo: true, ...part,
  };
}

export const invitation = (part: Partial<Invitation> = {}): Invitation => ({
  id: 'i1', state: 'open', orgId: branch.id, orgName: branch.name, memberName: '', code: 'ABCD2345', url: 'https://d.example/c/iABCD2345', uses: 3, maxUses: 50, createdBy: '张志强',
  createdAt: '2026-12-10T01:00:00Z', expiresAt: '2026-12-17T01:00:00Z', ...part,
});

export const match = (part: Partial<BindingMatch> = {}): BindingMatch => ({
  id: 'm2', name: '李秀英', kind: 'full', standing: 'normal', phoneMasked: '138****0002', orgId: branch.id, orgName: branch.name, bound: false, lastFour: true, above: false, ...part,
});

export const asked = (part: Partial<BindingRequest> = {}): BindingRequest => ({
  id: 'b1', state: 'pending', invited: true, name: '李秀英', last4: '0002', orgId: branch.id, orgName: branch.name, member: null, matches: [match()], createdAt: '2026-12-10T01:00:00Z',
  decidedBy: '', decidedAt: null, reason: '', ...part,
});

export const binding = (part: Partial<Binding> = {}): Binding => ({
  member: match(), boundAt: null, invitation: null, above: false, log: [{ act: 'released', by: '张志强', reason: '绑错人了', at: '2026-12-09T01:00:00Z' }], ...part,
});

export function request(part: Partial<Request> = {}): Request {
  return {
    id: 'r1', event: brief(), memberId: 'm000000000002', memberName: '李秀英', orgName: branch.name, kind: 'leave', status: 'sick', reason: '去医院看病', state: 'pending',
    createdAt: '2026-12-10T01:00:00Z', decidedBy: null, decidedAt: null, decisionReason: '', evidence: [], recorded: 'pending', canDecide: false, canWithdraw: false, ...part,
  };
}

export const events = (...items: EventItem[]): EventPage => ({ items, next: '' });

export const mark = (part: Partial<Mark> = {}): Mark => ({ status: 'present', source: 'scan', at: '2026-12-10T06:58:00Z', reason: '', ...part });

export const entry = (event: Partial<EventBrief>, part: Partial<Mark> = {}): RecordItem => ({ event: brief(event), attendance: mark(part) });

export const org = (part: Partial<Org> = {}): Org => ({ ...branch, parentId: null, themeDay: 10, memberCount: null, ...part });

/** A branch as an ordinary member sees it. */
export const orgDetail = (part: Partial<OrgDetail> = {}): OrgDetail => ({
  ...org({ parentId: 'o1' }), parent: { id: 'o1', name: '冉庙乡党委', kind: 'committee' }, address: '村部二楼', termStart: '2024-06-18', termYears: 3, electionDue: '2027-06-18', electionSet: false,
  election: 'far', closedAt: '', successor: null, remains: [], createdAt: '2026-01-01T00:00:00Z', revision: 4, can: { edit: false, rename: false, shape: false, below: [] }, ...part,
});
export const past = (part: Partial<OrgPast> = {}): OrgPast => ({ act: 'edited', byName: '张志强', at: '2026-12-09T01:00:00Z', what: [{ what: 'themeDay', from: '10', to: '15' }], ...part });

export const template = (part: Partial<Template> = {}): Template => ({ id: 't1', kind: 'published', kinds: ['published'], title: '活动通知', type: 'one_time', remaining: 0, setting: 'unknown', ...part });

export const message = (part: Partial<Message> = {}): Message =>
  ({ id: 'x1', kind: 'published', title: '活动通知：12月主题党日', body: '请参加', eventId: 'e000000000001', orgId: null, month: '', createdAt: '2026-12-10T06:20:00Z', readAt: null, ...part });

export const kept = (key: string, part: Partial<OfflineScan> = {}): OfflineScan => ({ key, code: `code-${key}`, scannedAt: '2026-12-10T06:40:00Z', ...part });

/** What the batch says of one scan: recorded, or refused with a status and a code. */
export const handed = (key: string, status = 201, code = ''): BatchAnswer['items'][number] =>
  ({ key, status, repeated: status === 200, attendance: status < 300 ? attendance({ status: 'present' }) : null, error: status < 300 ? null : { code, message: `不行：${code}` } });

export const secretary = (): Me => me({ roles: [{ role: 'secretary', orgId: branch.id, orgName: branch.name }], runs: [branch] });

export function scanAnswer(part: Partial<ScanAnswer> = {}): ScanAnswer {
  const about = brief();
  return { ticket: 'ticket-1', expiresAt: '2026-12-10T06:55:00Z', subject: { kind: 'event', id: about.id, title: about.title, event: about, visit: null }, needsBinding: false, already: null, items: [], ...part };
}

export function code(at: number, part: Partial<EventCode> = {}): EventCode {
  const later = (ms: number): string => new Date(at + ms).toISOString();
  return { url: `https://x.example/c/e0.${at}.mac`, validUntil: later(40_000), refreshAt: later(10_000), serverTime: later(0), spoken: '482913', spokenUntil: later(180_000), ahead: [], ...part };
}

/** Kept by a secretary's station. */
export const keptBy = (key: string, part: Partial<Held> = {}): Held => ({
  key, packId: 'p1', memberId: 'm1', proof: 'proof', scannedAt: '2026-12-10T07:00:00Z', eventId: 'e000000000001', eventTitle: '12月主题党日',
  memberName: '张志强', state: 'waiting', message: '', question: null, there: null, ...part,
});
export const branchMonth = (part: Partial<BranchMonth> = {}): BranchMonth => ({
  orgId: 'b000000000001', orgName: '柳树村党支部', month: '2026-12', themeDay: 10, planned: false, quiet: null,
  asks: [{ at: '2026-12-07T01:00:00Z', whom: '书记' }, { at: '2026-12-11T01:00:00Z', whom: '组织委员' }, { at: '2026-12-30T01:00:00Z', whom: '上级组织委员' }], ...part,
});
