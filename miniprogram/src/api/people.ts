import type { Http } from './client';
import { contract, type Schemas } from './contract';

export type OrgRef = Schemas['OrgRef'];
export type OrgKind = OrgRef['kind'];
export type Org = Schemas['OrgView'];
export type Role = Schemas['RoleView']['role'];
export type Member = Schemas['MemberView'];
/** Who I am. `member` is null until the WeChat identity is bound to a line of the roster; `runs` are orgs I may publish for. */
export type Me = Schemas['Me'];
/** One line of my record: the event in brief and a short mark. */
export type RecordItem = Schemas['EntryView'];
/** My record of a year; the summary is of the whole year, whatever the page. */
export type RecordPage = Schemas['RecordOutputBody'];

export function createPeopleApi(http: Http) {
  const call = contract(http);
  return {
    /** A WeChat login code for a session. Anonymous: it is what the token comes from. */
    login: (code: string) => call.post('/api/v1/session', {}, { code }, { anonymous: true }),
    logout: () => call.delete('/api/v1/session', {}),
    me: () => call.get('/api/v1/me', {}),
    /** Binds this WeChat to the roster by a phone code. With `choices` nothing was bound: see bindings.ask. ApiError codes: not_in_roster, already_bound, member_taken. */
    bind: (phoneCode: string) => call.post('/api/v1/me/binding', {}, { phoneCode }),
    unbind: () => call.delete('/api/v1/me/binding', {}),
    record: (year: number, after = '', limit = 50) => call.get('/api/v1/me/attendance', { query: { year, after, limit } }),
    /** The tree, also with what was closed. */
    orgs: (after = '', closed = false) => call.get('/api/v1/orgs', { query: { after, limit: 200, ...(closed ? { closed } : {}) } }),
  };
}
