import { onUnmounted, ref, type Ref } from 'vue';

/** Milliseconds now, moving every `every` ms while the page lives, plus a fixed offset to the server's clock. */
export function useNow(every = 1000, offset: () => number = () => 0): Ref<number> {
  const read = (): number => Date.now() + offset();
  const now = ref(read());
  const timer = setInterval(() => { now.value = read(); }, every);
  onUnmounted(() => { clearInterval(timer); });
  return now;
}
