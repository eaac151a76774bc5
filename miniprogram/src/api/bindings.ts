import type { Http } from './client';
import { contract, type Schemas } from './contract';

export type Invitation = Schemas['InvitationView'];
/** My own request to be bound, as those see it who are not bound yet. */
/** One of several people who have my number; `pick` is what to ask with. */
export type Choice = Schemas['ChoiceView'];
/** A request as those see it who decide. */
export type BindingRequest = Schemas['BindingRequestView'];
export type BindingMatch = Schemas['BindingMatch'];
/** How a member is bound. */
export type Binding = Schemas['BindingView'];

export function createBindingsApi(http: Http) {
  const call = contract(http);
  const at = (requestId: string) => ({ path: { requestId } });
  return {
    /** ApiError codes: invitation_wrong, too_many_attempts, binding_open, already_bound, choice_expired, member_taken. */
    ask: (input: { key: string; pick: string } | { key: string; code: string; name: string; last4: string }) => call.post('/api/v1/me/binding-request', {}, input),
    withdraw: () => call.delete('/api/v1/me/binding-request', {}),
    requests: (open: boolean, after = '') => call.get('/api/v1/binding-requests', { query: { open, after, limit: 50 } }),
    /** `replace` lets another WeChat identity go. ApiError codes: member_taken, rank_above, binding_decided. */
    approve: (id: string, memberId: string, replace: boolean) => call.post('/api/v1/binding-requests/{requestId}/approve', at(id), { memberId, replace }, { safe: true }),
    decline: (id: string, reason: string) => call.post('/api/v1/binding-requests/{requestId}/decline', at(id), { reason }, { safe: true }),
    invitations: (orgId: string, after = '') => call.get('/api/v1/orgs/{id}/invitations', { path: { id: orgId }, query: { after, limit: 20 } }),
    /** For anybody of the organisation, or with `memberId` for one member, who is bound without an approval. */
    invite: (orgId: string, input: { key: string; memberId?: string; uses?: number; days?: number }) => call.post('/api/v1/orgs/{id}/invitations', { path: { id: orgId } }, input),
    revoke: (invitationId: string) => http.post<Invitation>(`/api/v1/invitations/${encodeURIComponent(invitationId)}/revoke`, undefined, { safe: true }),
    of: (memberId: string) => call.get('/api/v1/members/{memberId}/binding', { path: { memberId } }),
    release: (memberId: string, reason: string) => call.post('/api/v1/members/{memberId}/binding/release', { path: { memberId } }, { reason }, { safe: true }),
  };
}
