import type { Position } from './checkins';
import type { Http } from './client';
import { contract, type Schemas } from './contract';

export type Site = Schemas['SiteView'];
export type SiteInput = Schemas['SiteInput'];
export type Plate = Schemas['PlateOutputBody'];
export type Visit = Schemas['VisitBrief'];
export type VisitInput = Schemas['VisitInput'];

export function createSitesApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    list: (q = '', after = '', scope: 'all' | 'kept' = 'all') => call.get('/api/v1/sites', { query: { q, after, scope, limit: 50 } }),
    get: (id: string) => call.get('/api/v1/sites/{id}', at(id)),
    create: (input: SiteInput) => call.post('/api/v1/sites', {}, input),
    /** Replaces the site. ApiError code site_changed when somebody was faster than `input.revision`. */
    update: (id: string, input: SiteInput) => call.put('/api/v1/sites/{id}', at(id), input),
    close: (id: string) => http.post<Site>(`/api/v1/sites/${encodeURIComponent(id)}/close`),
    reopen: (id: string) => http.post<Site>(`/api/v1/sites/${encodeURIComponent(id)}/reopen`),
    plate: (id: string) => call.get('/api/v1/sites/{id}/plate', at(id)),
    /** All plates printed before are worthless afterwards. */
    renewPlate: (id: string) => http.post<Plate>(`/api/v1/sites/${encodeURIComponent(id)}/plate/renew`),
    openVisit: (id: string, input: VisitInput) => call.post('/api/v1/sites/{id}/visits', at(id), input),
    /** The visits of a month of Beijing, as 2026-11. */
    visits: (id: string, month: string) => call.get('/api/v1/sites/{id}/visits', { ...at(id), query: { month } }),
    visit: (id: string) => call.get('/api/v1/visits/{id}', at(id)),
    endVisit: (id: string) => http.post<Visit>(`/api/v1/visits/${encodeURIComponent(id)}/end`),
    /** Records the caller as a visitor, by the ticket of a scanned plate. */
    join: (id: string, ticket: string, position?: Position) => call.post('/api/v1/visits/{id}/visitors', at(id), position ? { ticket, position } : { ticket }, { safe: true }),
    /** The month's visitors as CSV. */
    csv: (id: string, month: string) => http.get<string>(`/api/v1/sites/${encodeURIComponent(id)}/visits.csv`, { month }),
  };
}
