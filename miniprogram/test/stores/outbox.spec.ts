import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchAnswer, OfflineScan } from '@/api/checkins';
import { useOutbox } from '@/stores/outbox';
import { handed, kept } from '../fakes/nouns';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({ checkins: { batch: vi.fn<(items: OfflineScan[]) => Promise<BatchAnswer>>() } }));
const line = vi.hoisted(() => ({ token: 'tok' }));
vi.mock('@/api', () => ({ api, readToken: () => line.token }));

const onPhone = (): string[] => (platform.secrets.get<OfflineScan[]>('outbox') ?? []).map((scan) => scan.key);
/** The phone was switched off and on again. */
const restart = () => { setActivePinia(createPinia()); return useOutbox(); };

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  line.token = 'tok';
  setActivePinia(createPinia());
  api.checkins.batch.mockImplementation((items) => Promise.resolve({ items: items.map((scan) => handed(scan.key)) }));
});

it('survives a restart and is handed in afterwards, with key and instant as they were', async () => {
  useOutbox().add(kept('a'));
  const outbox = restart();
  expect(outbox.waiting).toBe(1);
  expect(await outbox.flush()).toBe('已补交 1 次签到');
  expect(api.checkins.batch).toHaveBeenCalledWith([kept('a')]);
  expect(restart().waiting).toBe(0);
});

it('keeps everything when there is still no signal', async () => {
  api.checkins.batch.mockRejectedValue(new Error('down'));
  const outbox = useOutbox();
  outbox.add(kept('a'));
  expect(await outbox.flush()).toBe('');
  expect(onPhone()).toEqual(['a']);
});

it('sends nothing when nothing waits, and nothing without a login', async () => {
  const outbox = useOutbox();
  await outbox.flush();
  outbox.add(kept('a'));
  line.token = '';
  await outbox.flush();
  expect(api.checkins.batch).not.toHaveBeenCalled();
  expect(onPhone()).toEqual(['a']);
});

describe('an answer of many parts', () => {
  it('keeps what may still succeed and says what was refused', async () => {
    api.checkins.batch.mockResolvedValue({ items: [handed('a', 409, 'code_expired'), handed('b', 503, 'busy'), handed('c', 403, 'not_bound')] });
    const outbox = useOutbox();
    ['a', 'b', 'c'].forEach((key) => { outbox.add(kept(key)); });
    expect(await outbox.flush()).toBe('补交没有通过：不行：code_expired');
    expect(onPhone()).toEqual(['b', 'c']);
  });
  it('goes a hundred at a time', async () => {
    const outbox = useOutbox();
    for (let index = 0; index < 130; index++) outbox.add(kept(`k${index}`));
    await outbox.flush();
    expect(api.checkins.batch.mock.calls[0]?.[0]).toHaveLength(100);
    expect(outbox.waiting).toBe(30);
    await outbox.flush();
    expect(outbox.waiting).toBe(0);
  });
});

describe('while it is being handed in', () => {
  let answer: (value: BatchAnswer) => void;
  beforeEach(() => { api.checkins.batch.mockReturnValueOnce(new Promise((resolve) => { answer = resolve; })); });

  it('is not handed in twice', async () => {
    const outbox = useOutbox();
    outbox.add(kept('a'));
    const first = outbox.flush();
    expect(await outbox.flush()).toBe('');
    answer({ items: [handed('a')] });
    await first;
    expect(api.checkins.batch).toHaveBeenCalledTimes(1);
  });
  it('loses nothing that comes meanwhile', async () => {
    const outbox = useOutbox();
    outbox.add(kept('a'));
    const first = outbox.flush();
    outbox.add(kept('b'));
    answer({ items: [handed('a')] });
    await first;
    expect(onPhone()).toEqual(['b']);
  });
  it('gives the next person nothing of the one before', async () => {
    const outbox = useOutbox();
    outbox.add(kept('a'));
    const first = outbox.flush();
    outbox.forget();
    answer({ items: [handed('a', 503, 'busy')] });
    await first;
    expect(onPhone()).toEqual([]);
    expect(outbox.waiting).toBe(0);
  });
  it('tries again after an error', async () => {
    const outbox = useOutbox();
    outbox.add(kept('a'));
    const first = outbox.flush();
    answer({ items: [handed('a', 500, 'internal')] });
    await first;
    expect(await outbox.flush()).toBe('已补交 1 次签到');
  });
});
