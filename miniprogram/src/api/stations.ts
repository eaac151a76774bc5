import type { Http } from './client';
import { contract, type Schemas } from './contract';

/** A member's own code: draw `url`; send `generation` back to renew it. */
export type PersonalCode = Schemas['PersonalCodeView'];
/** An event's roster, sealed for this phone. */
/** One check-in that a station has made without signal. */
export type KeptInput = Schemas['KeptInput'];
export type StationResult = Schemas['StationResult'];
export type StationQuestion = NonNullable<StationResult['question']>;

export function createStationsApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    myCode: () => call.get('/api/v1/me/personal-code', {}),
    renewMine: (generation: number) => call.post('/api/v1/me/personal-code/renew', {}, { generation }, { safe: true }),
    renewFor: (memberId: string, generation: number) => call.post('/api/v1/members/{memberId}/personal-code/renew', { path: { memberId } }, { generation }, { safe: true }),
    /** The codes to print; `all` also of those who have WeChat. */
    cards: (orgId: string, all: boolean, after = '') => call.get('/api/v1/orgs/{id}/personal-codes', { ...at(orgId), query: { all, after, limit: 200 } }),
    /** ApiError codes: personal_malformed, personal_forged, personal_revoked, personal_not_expected, attendance_corrected, event_… */
    scan: (eventId: string, key: string, code: string) => call.post('/api/v1/events/{id}/station/scans', at(eventId), { key, code }),
    pack: (eventId: string, device: string) => call.post('/api/v1/events/{id}/packs', at(eventId), { device }),
    /** What was kept without signal; at most 100 at a time. */
    send: (eventId: string, items: KeptInput[]) => call.post('/api/v1/events/{id}/station/batch', at(eventId), { items }, { safe: true }),
    answer: (eventId: string, item: KeptInput, answer: 'keep' | 'record', revision: number) =>
      call.post('/api/v1/events/{id}/station/answers', at(eventId), { ...item, answer, revision }),
  };
}
