import type { Http } from './client';
import { contract, type Schemas } from './contract';

/** Work of the server's that was given up after all its attempts. */
export type DeadJob = Schemas['DeadJobView'];
/** Such work that somebody has decided not to try again. */
export type DroppedJob = Schemas['DroppedJobView'];

/** What the server could not do, for who administers the district. ApiError not_found: somebody else was faster. */
export function createWorkApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    list: (after = '') => call.get('/api/v1/dead-jobs', { query: { after: after || undefined, limit: 50 } }),
    retry: (id: string) => call.post('/api/v1/dead-jobs/{id}/retry', at(id), undefined),
    retryAll: () => call.post('/api/v1/dead-jobs/retry', {}, undefined),
    drop: (id: string, reason: string) => call.post('/api/v1/dead-jobs/{id}/drop', at(id), { reason }),
  };
}
