import type { Http } from './client';
import { contract, fill, type Schemas } from './contract';

export type ListedMember = Schemas['ListedMember'];
export type MemberCard = Schemas['MemberCard'];
export type MemberCounts = Schemas['MemberCounts'];
export type MemberList = Schemas['MembersOutputBody'];
export type Transfer = Schemas['TransferView'];
export type Post = Schemas['HeldPost']['post'];
export type Standing = ListedMember['standing'];
export type MemberKind = ListedMember['kind'];

/** What narrows a list of members down. `q` is a part of the name, pinyin initials or the last digits of the phone number. */
export interface MemberFilter { q?: string; kind?: MemberKind; standing?: Standing; left?: boolean; bound?: 'yes' | 'no'; phone?: 'yes' | 'no' }

export function createMembersApi(http: Http) {
  const call = contract(http);
  const of = (memberId: string) => ({ path: { memberId } });
  return {
    list: (orgId: string, filter: MemberFilter, after = '') => call.get('/api/v1/orgs/{id}/members', { path: { id: orgId }, query: { ...filter, after, limit: 60 } }),
    /** ApiError code namesake: there is somebody of that name; send it again with `namesake` when it is another person. */
    create: (orgId: string, body: Schemas['CreateMemberInputBody']) => call.post('/api/v1/orgs/{id}/members', { path: { id: orgId } }, body, { safe: true }),
    card: (id: string) => call.get('/api/v1/members/{memberId}', of(id)),
    /** ApiError code member_changed: somebody else was faster; load the card again. */
    correct: (id: string, body: Schemas['MemberCorrectionInputBody']) => call.put('/api/v1/members/{memberId}', of(id), body),
    setPosts: (id: string, posts: Post[]) => call.put('/api/v1/members/{memberId}/posts', of(id), { posts }),
    /** The whole number, to phone somebody. It is put on record who asked; never keep it. */
    phone: (id: string) => http.post<{ phone: string }>(fill('/api/v1/members/{memberId}/phone', { memberId: id })),
    move: (id: string, body: Schemas['MoveInput']) => call.post('/api/v1/members/{memberId}/moves', of(id), body),
    /** Moves at once where the caller runs both sides; otherwise it waits for the other one. */
    transfer: (id: string, body: Schemas['TransferInputBody']) => call.post('/api/v1/members/{memberId}/transfers', of(id), body),
    transfers: (orgId: string, direction: 'in' | 'out', after = '') => call.get('/api/v1/orgs/{id}/transfers', { path: { id: orgId }, query: { direction, after, limit: 50 } }),
    accept: (id: string) => http.post<Transfer>(fill('/api/v1/transfers/{transferId}/accept', { transferId: id })),
    decline: (id: string, reason: string) => call.post('/api/v1/transfers/{transferId}/decline', { path: { transferId: id } }, { reason }),
    withdraw: (id: string) => http.post<Transfer>(fill('/api/v1/transfers/{transferId}/withdraw', { transferId: id })),
  };
}
