import type { Http } from './client';
import { contract, fill, type Schemas } from './contract';

/** How an event counts everybody; `closed` false: what closing now would settle. */
export type Settlement = Schemas['SettlementOutputBody'];
export type CountedPerson = Schemas['CountedView'];
export type Quorum = Schemas['QuorumView'];
export type FailedScans = Schemas['FailedOutputBody'];
export type Hints = Schemas['HintsOutputBody'];

export function createSettlementsApi(http: Http) {
  const call = contract(http);
  return {
    get: (id: string, after = '') => call.get('/api/v1/events/{id}/settlement', { path: { id }, query: { after } }),
    /** The same as a table, CSV. */
    table: (id: string) => http.get<string>(fill('/api/v1/events/{id}/settlement.csv', { id })),
    failed: (id: string) => call.get('/api/v1/events/{id}/failed-scans', { path: { id } }),
    hints: (id: string) => call.get('/api/v1/events/{id}/hints', { path: { id } }),
  };
}
