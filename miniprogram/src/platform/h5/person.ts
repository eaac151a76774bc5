/** Who this tab is, in the demonstration: chosen from the simulator's people, remembered for the tab alone. */
const PERSON = 'themeday.person';
const RETURN = 'themeday.return';
const CHOOSER = '#/pages/demo/demo';

export interface DemoPerson { id: string; name: string; roles: string[]; org: string; bound: boolean }

export const person = (): string => sessionStorage.getItem(PERSON) ?? '';

/** Becomes somebody: whatever belonged to the one before is forgotten with it. */
export function become(id: string): void {
  sessionStorage.clear();
  if (id) sessionStorage.setItem(PERSON, id);
}

/** The address without its `as`, whichever neighbours it has. */
export function withoutAs(address: string): string {
  return address.replace(/([?&])as=[^&#]*(&?)/, (_all, lead: string, tail: string) => (tail ? lead : ''));
}

/** `?as=<person>` in the address logs in directly; it is taken out again so that a later choice is not overruled. */
export function adoptFromAddress(): void {
  const hit = /[?&]as=([^&#]+)/.exec(location.href);
  if (!hit?.[1]) return;
  const id = decodeURIComponent(hit[1]);
  if (id !== person()) become(id);
  history.replaceState(null, '', withoutAs(location.href));
}

/** Shows the chooser and remembers where the person wanted to go. */
export function openChooser(keepPlace: boolean): void {
  if (location.hash.startsWith(CHOOSER)) return;
  if (keepPlace) sessionStorage.setItem(RETURN, location.hash);
  else sessionStorage.removeItem(RETURN);
  void uni.reLaunch({ url: '/pages/demo/demo' });
}

/** Starts afresh as the chosen person, at the place that was asked for first. */
export function enterAs(id: string): void {
  const back = sessionStorage.getItem(RETURN) ?? '';
  become(id);
  location.hash = back || '#/';
  location.reload();
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json() as Promise<T>;
}

/** Everybody one can be; rejects where there is no simulator, that is, outside the demonstration. */
export const people = async (): Promise<DemoPerson[]> => (await ask<{ items: DemoPerson[] }>('/__sim/people')).items;
export const loginCode = async (id: string): Promise<string> => (await ask<{ code: string }>('/__sim/login-codes', { person: id })).code;
export const phoneCode = async (): Promise<string> => (await ask<{ code: string }>('/__sim/phone-codes', { person: person() })).code;
export const settings = (): Promise<{ mainSwitch: boolean; itemSettings: Record<string, string> }> => ask(`/__sim/settings?person=${encodeURIComponent(person())}`);
export const settle = (mainSwitch: boolean, itemSettings: Record<string, string>): Promise<unknown> => ask('/__sim/settings', { person: person(), mainSwitch, itemSettings });
export const tap = async <T>(templateIds: string[], results: Record<string, string>): Promise<T> =>
  (await ask<{ results: T }>('/__sim/taps', { person: person(), templateIds, results })).results;
