import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { useSettings } from '@/stores/settings';
import { platform } from '../fakes/platform';

const fresh = () => { setActivePinia(createPinia()); return useSettings(); };
beforeEach(() => { platform.storage.clear(); vi.restoreAllMocks(); });

it('follows the phone until the reader chooses, and then the reader', async () => {
  const phone = vi.spyOn(platform, 'prefersLargeType').mockReturnValue(true);
  const settings = fresh();
  expect(settings.scale).toBe(1.35);
  settings.large = false;
  await nextTick();
  expect(fresh().scale).toBe(1);
  phone.mockReturnValue(false);
  expect(fresh().large).toBe(false);
});

it.each([true, false])('has no answer about the position until it is told, and remembers %s', async (answer) => {
  const settings = fresh();
  expect(settings.sharePosition).toBeNull();
  settings.sharePosition = answer;
  await nextTick();
  expect(fresh().sharePosition).toBe(answer);
});
