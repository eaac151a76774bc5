import { withQuery, type Http } from './client';
import { contract, type Schemas } from './contract';

/** Who did what to whom, when and from where. */
export type AuditEntry = Schemas['AuditView'];

/** Empty fields choose everything; `from` and `to` are instants, `action` a word or the noun of several. */
export interface AuditFilter { org: string; action: string; from: string }

/** The query without what is not asked for. */
const chosen = (filter: AuditFilter): Record<string, string> => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));

export function createAuditApi(http: Http) {
  const call = contract(http);
  return {
    list: (filter: AuditFilter, after = '') => call.get('/api/v1/audit', { query: { ...chosen(filter), after, limit: 50 } }),
    exportPath: (filter: AuditFilter) => withQuery('/api/v1/audit/export', chosen(filter)),
  };
}
