import { shallowRef, type ShallowRef } from 'vue';
import { api } from '@/api';
import type { RosterImport } from '@/api/rosters';

/** How often to ask how far the reading is. */
const POLL_MS = 700;

/**
 * One's own import of an organisation that is being read, or whose preview waits. `follow` asks for it, again and again while
 * a file is sent or read; `leave` ends that.
 */
export function useWaiting(orgId: () => string | undefined, sending: () => boolean): { waiting: ShallowRef<RosterImport | null>; follow: () => Promise<void>; leave: () => void } {
  const waiting = shallowRef<RosterImport | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;

  async function follow(): Promise<void> {
    clearTimeout(timer);
    const id = orgId();
    if (!id) return;
    // what was not answered is asked again
    await api.rosters.mine(id).then(({ items }) => { if (id === orgId()) waiting.value = items.find(({ state }) => state === 'reading' || state === 'ready') ?? null; }, () => undefined);
    clearTimeout(timer);
    if (!gone && (sending() || waiting.value?.state === 'reading')) timer = setTimeout(() => { void follow(); }, POLL_MS);
  }
  return { waiting, follow, leave: () => { gone = true; clearTimeout(timer); } };
}
