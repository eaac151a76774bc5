/** The random name of this installation. It says nothing about the phone or its owner, and the server keeps only a hash for each event. */
import { platform } from '#platform';
import { newKey } from '@/lib/keys';

const NAME = 'device';

export function deviceName(): string {
  const known = platform.storage.get<string>(NAME);
  if (known) return known;
  const made = newKey();
  platform.storage.set(NAME, made);
  return made;
}
