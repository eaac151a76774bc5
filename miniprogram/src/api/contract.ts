/**
 * Calls checked by the compiler against the contract: a path's parameters, body and answer are those of schema.d.ts, which
 * is generated from the server. A renamed field there is an error here.
 */
import type { Http, PostOptions, Query } from './client';
import type { components, paths } from './schema';

/** Everything that the contract names, under the server's names; the nouns' files give them ours. */
export type Schemas = components['schemas'];

type Verb = 'get' | 'post' | 'put' | 'delete';
/** The paths on which a verb is allowed. */
type PathFor<V extends Verb> = { [P in keyof paths]: paths[P] extends Record<V, object> ? P : never }[keyof paths];
type Operation<P extends keyof paths, V extends Verb> = paths[P] extends Record<V, infer Op> ? Op : never;
type Parameters<Op> = Op extends { parameters: { query?: infer Q; path?: infer In } } ? { query?: Q; path: In } : never;
/** Where the contract has no parameters in the path, none need be given. */
type Given<Op> = Parameters<Op> extends { path: infer In; query?: infer Q } ? ([In & object] extends [never] ? { query?: Q } : { path: In; query?: Q }) : never;
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : null;
type Body<Op> = Op extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;
type Answer<Op> = Op extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 204)]> : never;

/** The path with its parameters in place, escaped: an id comes from a link or a code that anybody may have written. */
export const fill = (path: string, values: Record<string, string> = {}): string =>
  path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(values[name] ?? ''));

interface Loose { path?: Record<string, string>; query?: Query }

/** The same requests as `http` makes, and nothing that the contract has not got. */
export const contract = (http: Http) => ({
  get: <P extends PathFor<'get'>>(path: P, given: Given<Operation<P, 'get'>>) =>
    http.get<Answer<Operation<P, 'get'>>>(fill(path, (given as Loose).path), (given as Loose).query),
  post: <P extends PathFor<'post'>>(path: P, given: Given<Operation<P, 'post'>>, body: Body<Operation<P, 'post'>>, options?: PostOptions) =>
    http.post<Answer<Operation<P, 'post'>>>(fill(path, (given as Loose).path), body, options),
  put: <P extends PathFor<'put'>>(path: P, given: Given<Operation<P, 'put'>>, body: Body<Operation<P, 'put'>>) =>
    http.put<Answer<Operation<P, 'put'>>>(fill(path, (given as Loose).path), body),
  delete: <P extends PathFor<'delete'>>(path: P, given: Given<Operation<P, 'delete'>>) =>
    http.delete<Answer<Operation<P, 'delete'>>>(fill(path, (given as Loose).path)),
});
