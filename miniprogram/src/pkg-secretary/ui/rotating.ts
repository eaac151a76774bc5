import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { EventCode } from '@/api/checkins';
import { clockOffset, lifeLeft, refreshDelay } from '@/lib/countdown';
import { qrImage } from '@/lib/qr';
import { wordsOf } from '@/ui/load';

export interface RotatingCode {
  code: ShallowRef<EventCode | null>;
  picture: ComputedRef<string>;
  /** Share of the shown code's life that is left, 0..1. */
  life: ComputedRef<number>;
  /** The shown code is no longer valid, because no newer one could be had. */
  stale: ComputedRef<boolean>;
  failure: Ref<string>;
  /** The server's clock, milliseconds, moving four times a second. */
  now: Ref<number>;
  start: () => void;
  stop: () => void;
}

const TICK_MS = 250;
const RETRY_MS = 2000;

/** The code on the screen: fetched anew at `refreshAt` by the server's clock, and retried when the line is down. */
export function useRotatingCode(fetchCode: () => Promise<EventCode>): RotatingCode {
  const code = shallowRef<EventCode | null>(null);
  const failure = ref('');
  const now = ref(Date.now());
  let offset = 0;
  let shownAt = 0;
  let round = 0;
  let next: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;

  async function refresh(): Promise<void> {
    const mine = round;
    const sent = Date.now();
    let pause = RETRY_MS;
    try {
      const answer = await fetchCode();
      if (mine !== round) return;
      offset = clockOffset(answer.serverTime, sent, Date.now());
      shownAt = Date.now() + offset;
      now.value = shownAt;
      code.value = answer;
      failure.value = '';
      pause = refreshDelay(answer, shownAt);
    } catch (problem) {
      if (mine !== round) return;
      failure.value = wordsOf(problem);
    }
    next = setTimeout(() => { void refresh(); }, pause);
  }

  function stop(): void {
    round++;
    clearTimeout(next);
    clearInterval(ticker);
  }
  function start(): void {
    stop();
    ticker = setInterval(() => { now.value = Date.now() + offset; }, TICK_MS);
    void refresh();
  }
  return {
    code, failure, now, start, stop,
    picture: computed(() => (code.value ? qrImage(code.value.url) : '')),
    life: computed(() => (code.value ? lifeLeft(code.value, shownAt, now.value) : 0)),
    stale: computed(() => code.value !== null && now.value > Date.parse(code.value.validUntil)),
  };
}
