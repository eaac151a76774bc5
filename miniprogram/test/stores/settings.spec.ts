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

it('shares no position unless told to, and remembers that', async () => {
  const settings = fresh();
  expect(settings.sharePosition).toBe(false);
  settings.sharePosition = true;
  await nextTick();
  expect(fresh().sharePosition).toBe(true);
});
