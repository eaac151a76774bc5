import { onUnmounted, watch, type Ref } from 'vue';

const PAUSE_MS = 250;

/** Acts once somebody has paused in typing: the server is asked for a word, not for each of its letters. */
export function useTyped(words: Ref<string>, act: () => void): void {
  let pause: ReturnType<typeof setTimeout> | undefined;
  watch(words, () => {
    clearTimeout(pause);
    pause = setTimeout(act, PAUSE_MS);
  });
  onUnmounted(() => { clearTimeout(pause); });
}
