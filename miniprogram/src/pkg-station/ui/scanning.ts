/** Scanning one code after the other: the camera opens again until somebody closes it. */
import { onUnmounted, ref } from 'vue';
import { platform } from '#platform';

/** Long enough to read a name and look up, short enough for a queue. */
const LOOK_MS = 1200;

export interface Shown { name: string; text: string; tone: 'green' | 'amber' | 'red' | 'grey' }

/** `judge` says what a text was; it must not fail. */
export function useScanning(judge: (text: string) => Promise<Shown>, idle: string) {
  const last = ref<Shown>({ name: '', text: idle, tone: 'grey' });
  const scanning = ref(false);
  let left = false;
  onUnmounted(() => { left = true; });

  async function start(): Promise<void> {
    if (scanning.value) return;
    scanning.value = true;
    for (let text = await platform.scan(); text && !left; text = await platform.scan()) {
      last.value = await judge(text);
      platform.signal(last.value.tone !== 'red');
      await new Promise<void>((resolve) => { setTimeout(resolve, LOOK_MS); });
      if (left) break;
    }
    scanning.value = false;
  }
  return { last, scanning, start };
}
