import { withQuery, type Http } from './client';
import { contract, type Schemas } from './contract';

/** What is held about me: by category, what I asked to have put right, and whether the account is about to be closed. */
export type MyData = Schemas['MyData'];
export type DataLook = Schemas['DataLook'];
export type Correction = Schemas['CorrectionView'];
export type CorrectionField = Correction['field'];

export function createMyDataApi(http: Http) {
  const call = contract(http);
  return {
    get: () => call.get('/api/v1/me/data', {}),
    looks: (after = '') => call.get('/api/v1/me/data/looks', { query: { after, limit: 50 } }),
    /** ApiError codes: phone_in_text, corrections_open. */
    correct: (field: CorrectionField, wanted: string) => call.post('/api/v1/me/data/corrections', {}, { field, wanted }),
    withdrawLocation: () => http.post<{ removed: number }>('/api/v1/me/data/location-withdrawal', {}, { safe: true }),
    close: () => http.post<MyData>('/api/v1/me/data/closing', {}, { safe: true }),
    keep: () => call.delete('/api/v1/me/data/closing', {}),
    exportPath: (format: 'json' | 'html') => withQuery('/api/v1/me/data/export', { format }),
    corrections: (id: string, after = '') => call.get('/api/v1/orgs/{id}/corrections', { path: { id }, query: { after, limit: 50 } }),
    answer: (correctionId: string, corrected: boolean, answer = '') => call.post('/api/v1/corrections/{correctionId}/answer', { path: { correctionId } }, { corrected, answer }),
  };
}
