import { onPullDownRefresh } from '@dcloudio/uni-app';
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { ApiError } from '@/api/client';
import { copyOf, keepCopy } from './copies';

/** The words for any failure; what is not an ApiError is a fault of ours and gets a constant sentence. */
export const wordsOf = (failure: unknown): string => (failure instanceof ApiError ? failure.message : '出了点问题，请重试');

export interface Loaded<T> {
  data: ShallowRef<T | null>;
  loading: Ref<boolean>;
  error: Ref<string>;
  refresh: () => Promise<void>;
}

/**
 * What a page shows: the copy from last time first, then the server's answer. A failure keeps the copy and sets `error`.
 * The copy lives with the login: another person never sees it.
 */
export function useLoad<T>(load: () => Promise<T>, cacheName?: () => string): Loaded<T> {
  const data = shallowRef<T | null>(cacheName ? copyOf<T>(cacheName()) : null);
  const loading = ref(false);
  const error = ref('');
  let newest = 0;

  async function refresh(): Promise<void> {
    const mine = ++newest;
    loading.value = true;
    try {
      const answer = await load();
      if (mine !== newest) return;
      data.value = answer;
      error.value = '';
      if (cacheName) keepCopy(cacheName(), answer);
    } catch (failure) {
      if (mine === newest) error.value = wordsOf(failure);
    } finally {
      if (mine === newest) loading.value = false;
    }
  }
  return { data, loading, error, refresh };
}

interface Page<T> { items: T[]; next: string }
export interface Paged<T> extends Loaded<Page<T>> {
  items: ComputedRef<T[]>;
  /** Empty at the end. */
  next: ComputedRef<string>;
  more: () => Promise<void>;
  turning: Ref<boolean>;
}

/** A list that comes in pages: the first as by useLoad, and `more` puts the next one behind it. A refresh begins anew. */
export function usePages<T>(page: (after: string) => Promise<Page<T>>, said: (words: string) => void): Paged<T> {
  const list = useLoad(() => page(''));
  const { busy: turning, run } = useAction(said);
  const more = (): Promise<void> => run(async () => {
    const here = list.data.value;
    if (!here?.next) return;
    const { items, next } = await page(here.next);
    if (list.data.value === here) list.data.value = { items: [...here.items, ...items], next };
  });
  return { ...list, items: computed(() => list.data.value?.items ?? []), next: computed(() => list.data.value?.next ?? ''), more, turning };
}

/** Pulling the page down refreshes it. The page must say enablePullDownRefresh. */
export function usePullDown(refresh: () => Promise<unknown>): void {
  onPullDownRefresh(() => { void refresh().finally(() => { uni.stopPullDownRefresh(); }); });
}

/** Runs a tap's work once at a time; a failure is said in words and `busy` tells the button to wait. */
export function useAction(said: (words: string) => void): { busy: Ref<boolean>; run: (work: () => Promise<void>) => Promise<void> } {
  const busy = ref(false);
  async function run(work: () => Promise<void>): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    try { await work(); } catch (failure) { said(wordsOf(failure)); } finally { busy.value = false; }
  }
  return { busy, run };
}
