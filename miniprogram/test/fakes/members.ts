/** People of a branch, complete; a test says only what matters to it. */
import type { ListedMember, MemberCard, MemberCounts, Transfer } from '@/api/members';

const branch = { id: 'b000000000001', name: '石桥村党支部', kind: 'branch' as const };
const person = { id: 'm000000000009', name: '张桂芳', kind: 'full' as const, standing: 'normal' as const, phoneMasked: '138****0009', orgId: branch.id, orgName: branch.name, bound: false };

export const listedMember = (part: Partial<ListedMember> = {}): ListedMember => ({ ...person, letter: 'Z', posts: [], left: false, ...part });

export const memberCounts = (part: Partial<MemberCounts> = {}): MemberCounts => ({
  all: 30, full: 28, probationary: 2, normal: 27, flowOut: 2, flowIn: 0, longIllness: 1, suspended: 0, unbound: 6, noPhone: 3, left: 0, incoming: 0, ...part,
});

export const transfer = (part: Partial<Transfer> = {}): Transfer => ({
  id: 't000000000001', member: { id: person.id, name: person.name, kind: 'full', standing: 'normal' }, from: { id: 'b2', name: '柳湾村党支部', kind: 'branch' }, to: branch,
  state: 'pending', since: '2026-12-01T00:00:00Z', note: '搬到石桥村住了', byName: '王建国', createdAt: '2026-12-02T00:00:00Z', decidedAt: null, reason: '', mayDecide: true, mayRetract: false, ...part,
});

export const memberCard = (part: Partial<MemberCard> = {}): MemberCard => ({
  ...person, org: branch, branch: null, since: '1969-07', sharedPhone: false, boundAt: null, left: false, posts: [{ post: 'publicity', orgId: branch.id }], roles: [],
  moves: [{ at: null, orgName: branch.name, kind: 'full', standing: 'normal', here: true, byName: '' }], transfer: null, revision: 7, ...part,
});
