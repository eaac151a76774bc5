import type { Http } from './client';
import { contract, type Schemas } from './contract';
import type { Role } from './people';

/** Who holds and held which role on an organisation, and which of them the caller may give and take there. */
export type Roles = Omit<Schemas['RolesView'], 'appoints'> & { appoints: Role[] };
export type Holder = Schemas['HolderView'];
export type HandOverPreview = Schemas['HandOverPreviewView'];
export type HandOver = Omit<Schemas['HandOverView'], 'roles'> & { roles: Role[] };
export type OpenTask = Schemas['TaskView'];
export type Setup = Schemas['SetupView'];
export interface HandOverInput { key: string; fromId: string; toId: string; roles: Role[] }

export function createRolesApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    list: (orgId: string) => call.get('/api/v1/orgs/{id}/roles', at(orgId)) as Promise<Roles>,
    /** ApiError codes: not_electable, member_suspended, roles_changed, appoint_admin, appoint_secretary, appoint_above. */
    grant: (orgId: string, role: Role, memberId: string) => call.put('/api/v1/orgs/{id}/roles/{role}/{memberId}', { path: { id: orgId, role, memberId } }, {}),
    /** ApiError last_admin: a district keeps at least one. */
    revoke: (orgId: string, role: Role, memberId: string, reason: string) =>
      call.post('/api/v1/orgs/{id}/roles/{role}/{memberId}/revoke', { path: { id: orgId, role, memberId } }, { reason }),
    preview: (orgId: string, fromId: string) => call.get('/api/v1/orgs/{id}/hand-over-preview', { ...at(orgId), query: { fromId } }),
    handOver: (orgId: string, input: HandOverInput) => call.post('/api/v1/orgs/{id}/hand-overs', at(orgId), input, { safe: true }) as Promise<HandOver>,
    handOvers: (orgId: string) => call.get('/api/v1/orgs/{id}/hand-overs', at(orgId)) as Promise<{ items: HandOver[] }>,
    /** ApiError codes: undo_too_late, already_undone, handover_overtaken. */
    undo: (orgId: string, id: string) => http.post<HandOver>(`/api/v1/orgs/${encodeURIComponent(orgId)}/hand-overs/${encodeURIComponent(id)}/undo`),
    setup: () => call.get('/api/v1/setup', {}),
    /** Makes the caller the first administrator. ApiError codes: setup_code, setup_done, not_bound. */
    redeem: (code: string, orgName: string, name: string) => call.post('/api/v1/setup', {}, { code, orgName, name }),
  };
}
