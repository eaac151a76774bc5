import type { Http } from './client';
import { contract, type Schemas } from './contract';
import type { OrgKind } from './people';

/** An organisation with all that is kept of it, and what I may do with it. */
export type OrgDetail = Schemas['OrgDetail'];
/** One act in its history. */
export type OrgPast = Schemas['PastView'];
export type OrgDifference = Schemas['Difference'];
/** What can be said about it; empty texts and 0 years: not known. */
export interface OrgFacts { name: string; themeDay: number; address: string; termStart: string; termYears: number; electionDue: string }

export function createOrgsApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    get: (id: string) => call.get('/api/v1/orgs/{id}', at(id)),
    /** ApiError codes: org_name_taken, tree_changed. */
    create: (parentId: string, input: OrgFacts & { kind: OrgKind; key: string }) => call.post('/api/v1/orgs/{id}/orgs', at(parentId), input),
    /** `revision` is the one that was seen. ApiError codes: org_changed, org_closed, org_name_taken. */
    edit: (id: string, input: OrgFacts & { revision: number; key: string }) => call.put('/api/v1/orgs/{id}', at(id), input),
    /** Moving it back undoes it. ApiError codes: org_changed, org_there_already, org_name_taken. */
    move: (id: string, parentId: string, revision: number, key: string) => call.post('/api/v1/orgs/{id}/move', at(id), { parentId, revision, key }),
    /** ApiError codes: org_changed, and what says that something has to be finished first. */
    merge: (id: string, intoId: string, revision: number, key: string) => call.post('/api/v1/orgs/{id}/merge', at(id), { intoId, revision, key }),
    /** ApiError codes: org_not_empty, org_changed. */
    close: (id: string, reason: string, revision: number, key: string) => call.post('/api/v1/orgs/{id}/close', at(id), { reason, revision, key }),
    reopen: (id: string, key: string) => call.post('/api/v1/orgs/{id}/reopen', at(id), { key }),
    history: (id: string, after = '') => call.get('/api/v1/orgs/{id}/history', { ...at(id), query: { after, limit: 20 } }),
  };
}
