import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { platform } from '#platform';
import { api, readToken } from '@/api';
import type { OfflineScan } from '@/api/checkins';
import { BATCH, queued, settled, withEnded, type Ended } from '@/lib/queue';

const NAME = 'outbox';
const ENDED = 'outbox.ended';

/** Scans made where there was no signal: kept on the phone and handed in, with their instant, as soon as there is. */
export const useOutbox = defineStore('outbox', () => {
  const list = shallowRef<OfflineScan[]>(platform.secrets.get<OfflineScan[]>(NAME) ?? []);
  /** What has been handed in lately, for whoever wants to see that it has arrived. */
  const ended = shallowRef<Ended[]>(platform.secrets.get<Ended[]>(ENDED) ?? []);
  const waiting = computed(() => list.value.length);
  let sending = false;

  function keep(next: OfflineScan[]): void {
    list.value = next;
    platform.secrets.set(NAME, next);
  }

  function keepEnded(next: Ended[]): void {
    ended.value = next;
    platform.secrets.set(ENDED, next);
  }

  const add = (scan: OfflineScan): void => { keep(queued(list.value, scan)); };

  /** Hands in what is waiting; resolves with a sentence about it, or '' when nothing was (or could be) sent. */
  async function flush(): Promise<string> {
    if (sending || !list.value.length || !readToken()) return '';
    sending = true;
    try {
      const part = list.value.slice(0, BATCH);
      const { rest, accepted, refused, ended: done } = settled(part, await api.checkins.batch(part));
      // after a log-out there is nothing left to keep; what was added meanwhile comes behind
      if (list.value.length) {
        keep([...rest, ...list.value.slice(part.length)]);
        keepEnded(withEnded(ended.value, done));
      }
      if (accepted.length) return `已补交 ${accepted.length} 次签到`;
      return refused[0] ? `补交没有通过：${refused[0]}` : '';
    } catch {
      return '';
    } finally {
      sending = false;
    }
  }

  /** Drops what waits: it belongs to the person who has just logged out. */
  const forget = (): void => { keep([]); keepEnded([]); };
  return { list, ended, waiting, add, flush, forget };
});
