import { withQuery, type Http } from './client';
import { contract, type Schemas } from './contract';

export type RosterImport = Schemas['RosterImport'];
export type RosterRow = Schemas['RosterRow'];
export type Verdict = RosterRow['verdict'];
export type Decision = 'take' | 'apart' | 'skip' | '';
export type RosterBranch = Schemas['RosterBranch'];
export type BranchDecision = RosterBranch['decision'];

const file = (orgId: string, what: string, format: 'xlsx' | 'csv'): string => withQuery(`/api/v1/orgs/${encodeURIComponent(orgId)}/${what}`, { format });

export function createRostersApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    /** Reads a file and compares it; nothing is written yet. ApiError codes file_… say what is wrong with it. */
    upload: (orgId: string, name: string, bytes: ArrayBuffer) =>
      http.post<RosterImport>(withQuery(`/api/v1/orgs/${encodeURIComponent(orgId)}/roster-imports`, { name }), bytes, { type: 'application/octet-stream' }),
    /** One's own imports of the last day, the latest first; also one that is being read, and how far it is. */
    mine: (orgId: string) => call.get('/api/v1/orgs/{id}/roster-imports', at(orgId)),
    get: (id: string) => call.get('/api/v1/roster-imports/{id}', at(id)),
    rows: (id: string, verdict: Verdict, after = '') => call.get('/api/v1/roster-imports/{id}/rows', { ...at(id), query: { verdict, after, limit: 50 } }),
    /** Without positions: all doubtful rows that are still open. */
    decide: (id: string, decision: Decision, positions: number[] = []) =>
      call.post('/api/v1/roster-imports/{id}/decisions', at(id), positions.length ? { decision, positions } : { decision }, { safe: true }),
    /** What a branch that is not known stands for; `orgId` goes with 'map'. */
    settle: (id: string, position: number, decision: BranchDecision, orgId?: string) =>
      call.post('/api/v1/roster-imports/{id}/branches', at(id), { position, decision, orgId }, { safe: true }),
    /** Hands it to the job that writes it: ask `get` how far it is. Asking twice writes once. */
    apply: (id: string) => http.post<RosterImport>(`/api/v1/roster-imports/${encodeURIComponent(id)}/apply`, {}, { safe: true }),
    discard: (id: string) => call.delete('/api/v1/roster-imports/{id}', at(id)),
    exportPath: (orgId: string, format: 'xlsx' | 'csv') => file(orgId, 'roster', format),
    templatePath: (orgId: string) => file(orgId, 'roster-template', 'xlsx'),
  };
}
