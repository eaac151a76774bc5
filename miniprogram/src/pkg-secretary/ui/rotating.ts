import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { EventCode } from '@/api/checkins';
import { ApiError } from '@/api/client';
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
  /** Seconds for which codes are at hand although none can be fetched; 0 while the line is up. */
  lasts: ComputedRef<number>;
  failure: Ref<string>;
  /** The server's clock, milliseconds, moving four times a second. */
  now: Ref<number>;
  start: () => void;
  stop: () => void;
}

const TICK_MS = 250;
/** For how long the server shows one code. */
const STEP_MS = 10_000;
const RETRY_MS = 2000;
/** How long after `refreshAt` the next code is awaited before one that was fetched ahead is shown. */
const GRACE_MS = 1500;

/** The code on the screen: fetched anew at `refreshAt` by the server's clock, and retried when the line is down. */
export function useRotatingCode(fetchCode: () => Promise<EventCode>): RotatingCode {
  const code = shallowRef<EventCode | null>(null);
  const failure = ref('');
  const now = ref(Date.now());
  const ahead = shallowRef<EventCode['ahead']>([]);
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
      ahead.value = answer.ahead;
      failure.value = '';
      pause = refreshDelay(answer, shownAt);
    } catch (problem) {
      if (mine !== round) return;
      failure.value = wordsOf(problem);
      if (problem instanceof ApiError && problem.status >= 400 && problem.status < 500) ahead.value = []; // over, or not ours any more
    }
    next = setTimeout(() => { void refresh(); }, pause);
  }

  /** Moves the clock, and goes on with what was fetched ahead when nothing newer comes. */
  function tick(): void {
    now.value = Date.now() + offset;
    const shown = code.value;
    if (!shown || now.value < Date.parse(shown.refreshAt) + GRACE_MS) return;
    const kept = ahead.value.filter(({ showFrom }) => Date.parse(showFrom) <= now.value && Date.parse(showFrom) >= Date.parse(shown.refreshAt)).pop();
    if (!kept) return;
    shownAt = now.value;
    code.value = { ...shown, ...kept, refreshAt: new Date(Date.parse(kept.showFrom) + STEP_MS).toISOString() };
  }

  function stop(): void {
    round++;
    clearTimeout(next);
    clearInterval(ticker);
  }
  function start(): void {
    stop();
    ticker = setInterval(tick, TICK_MS);
    void refresh();
  }
  return {
    code, failure, now, start, stop,
    picture: computed(() => (code.value ? qrImage(code.value.url) : '')),
    life: computed(() => (code.value ? lifeLeft(code.value, shownAt, now.value) : 0)),
    lasts: computed(() => {
      const last = ahead.value[ahead.value.length - 1];
      return failure.value && last ? Math.max(0, Math.round((Date.parse(last.validUntil) - now.value) / 1000)) : 0;
    }),
    stale: computed(() => code.value !== null && now.value > Date.parse(code.value.validUntil)),
  };
}
