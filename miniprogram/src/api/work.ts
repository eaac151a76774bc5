import type { Http } from './client';
import { contract, type Schemas } from './contract';

/** Work of the server's that was given up after all its attempts. */
export type DeadJob = Schemas['DeadJobView'];
/** Such work that somebody has decided not to try again. */

/** What the server could not do, for who administers the district. ApiError not_found: somebody else was faster. */
export function createWorkApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    list: (after = '') => call.get('/api/v1/dead-jobs', { query: { after: after || undefined, limit: 50 } }),
    retry: (id: string) => http.post<null>(`/api/v1/dead-jobs/${encodeURIComponent(id)}/retry`, {}, { safe: true }),
    retryAll: () => http.post<Schemas['RetryAllOutputBody']>('/api/v1/dead-jobs/retry', {}, { safe: true }),
    drop: (id: string, reason: string) => call.post('/api/v1/dead-jobs/{id}/drop', at(id), { reason }),
  };
}
