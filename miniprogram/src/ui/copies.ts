/** Copies of what was seen last, for the moment before the answer comes and for places without signal. */
import { platform } from '#platform';

/** So many are kept, the latest first: WeChat gives a mini-program 10 MB, and 1 MB for one of them. */
const MOST = 24;
const LIST = 'copies';

export const copyOf = <T>(name: string): T | null => platform.secrets.get<T>(`cache.${name}`) ?? null;

/** Keeps a copy. A phone that is full keeps none: what is on the screen does not depend on it. */
export function keepCopy(name: string, value: unknown): void {
  const names = [name, ...(platform.secrets.get<string[]>(LIST) ?? []).filter((other) => other !== name)];
  for (const old of names.splice(MOST)) platform.secrets.remove(`cache.${old}`);
  try {
    platform.secrets.set(`cache.${name}`, value);
    platform.secrets.set(LIST, names);
  } catch {
    platform.secrets.remove(`cache.${name}`);
  }
}
