import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { platform } from '#platform';

const LARGE = 'largeType';
const LOCATE = 'sharePosition';
const LARGE_SCALE = 1.35;

/** What the reader chose on this phone. Dark mode is not a choice here: it follows the phone. */
export const useSettings = defineStore('settings', () => {
  const large = ref(platform.storage.get<boolean>(LARGE) ?? platform.prefersLargeType());
  /** null: not decided once and for all, so each scan that could use a position asks. */
  const sharePosition = ref(platform.storage.get<boolean>(LOCATE) ?? null);
  watch(large, (value) => { platform.storage.set(LARGE, value); });
  watch(sharePosition, (value) => { platform.storage.set(LOCATE, value); });
  const scale = computed(() => (large.value ? LARGE_SCALE : 1));
  return { large, sharePosition, scale };
});
