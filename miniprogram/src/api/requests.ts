import type { Http } from './client';
import { contract, type Schemas } from './contract';

/** What a member asks for: leave before an event, or a make-up after it. */
export type Request = Schemas['RequestView'];
export type RequestState = Request['state'];
export type Ask = Schemas['AskInput'];

export function createRequestsApi(http: Http) {
  const call = contract(http);
  const at = (requestId: string) => ({ path: { requestId } });
  return {
    mine: (eventId: string) => call.get('/api/v1/requests', { query: { scope: 'mine', eventId } }),
    /** Those of the people whose attendance one keeps; `state` '' is any. */
    toDecide: (state: RequestState | '', eventId = '', after = '') =>
      call.get('/api/v1/requests', { query: { scope: 'run', eventId, after, limit: 100, ...(state && { state }) } }),
    ask: (eventId: string, ask: Ask) => call.post('/api/v1/events/{id}/requests', { path: { id: eventId } }, ask),
    withdraw: (id: string) => call.post('/api/v1/requests/{requestId}/withdraw', at(id), undefined as never, { safe: true }),
    approve: (id: string) => call.post('/api/v1/requests/{requestId}/approve', at(id), {}, { safe: true }),
    decline: (id: string, reason: string) => call.post('/api/v1/requests/{requestId}/decline', at(id), { reason }, { safe: true }),
    /** Sends a picture, as the body itself, before the request that it is for. */
    keep: (picture: ArrayBuffer) => http.post<{ id: string }>('/api/v1/evidence', picture, { type: 'image/jpeg' }),
    /** Where a picture of a request is; it needs the token like everything else. */
    picturePath: (id: string, evidenceId: string) => `/api/v1/requests/${encodeURIComponent(id)}/evidence/${encodeURIComponent(evidenceId)}`,
  };
}
