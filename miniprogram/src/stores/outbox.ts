import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { platform } from '#platform';
import { api, readToken } from '@/api';
import type { OfflineScan } from '@/api/checkins';
import { BATCH, queued, settled } from '@/lib/queue';

const NAME = 'outbox';

/** Scans made where there was no signal: kept on the phone and handed in, with their instant, as soon as there is. */
export const useOutbox = defineStore('outbox', () => {
  const list = shallowRef<OfflineScan[]>(platform.secrets.get<OfflineScan[]>(NAME) ?? []);
  const waiting = computed(() => list.value.length);
  let sending = false;

  function keep(next: OfflineScan[]): void {
    list.value = next;
    platform.secrets.set(NAME, next);
  }

  const add = (scan: OfflineScan): void => { keep(queued(list.value, scan)); };

  /** Hands in what is waiting; resolves with a sentence about it, or '' when nothing was (or could be) sent. */
  async function flush(): Promise<string> {
    if (sending || !list.value.length || !readToken()) return '';
    sending = true;
    try {
      const part = list.value.slice(0, BATCH);
      const { rest, accepted, refused } = settled(part, await api.checkins.batch(part));
      // after a log-out there is nothing left to keep; what was added meanwhile comes behind
      if (list.value.length) keep([...rest, ...list.value.slice(part.length)]);
      if (accepted.length) return `已补交 ${accepted.length} 次签到`;
      return refused[0] ? `补交没有通过：${refused[0]}` : '';
    } catch {
      return '';
    } finally {
      sending = false;
    }
  }

  /** Drops what waits: it belongs to the person who has just logged out. */
  const forget = (): void => { keep([]); };
  return { waiting, add, flush, forget };
});
