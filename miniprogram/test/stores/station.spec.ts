import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { KeptInput, StationResult } from '@/api/stations';
import type { Held } from '@/lib/station';
import { useStation } from '@/stores/station';
import { attendance, event, keptBy, NOW } from '../fakes/nouns';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({ stations: { pack: vi.fn(), send: vi.fn<(id: string, items: KeptInput[]) => Promise<{ items: StationResult[] }>>(), answer: vi.fn() } }));
vi.mock('@/api', () => ({ api, readToken: () => 'tok' }));

const recorded = (key: string, part: Partial<StationResult> = {}): StationResult => ({ key, outcome: 'recorded', attendance: attendance(), question: null, error: null, ...part });
const asked = (key: string, reason: 'marked_otherwise' | 'event_closed' = 'marked_otherwise'): StationResult =>
  recorded(key, { outcome: 'question', attendance: attendance({ status: 'sick', revision: 3 }), question: { reason, message: '要改吗？', status: 'present', source: 'roll', at: '2026-12-10T07:00:00Z' } });
/** The phone was switched off and on again. */
const restart = () => { setActivePinia(createPinia()); return useStation(); };
const states = (): string[] => (platform.secrets.get<Held[]>('station.kept') ?? []).map((item) => item.state);

beforeEach(() => {
  vi.resetAllMocks();
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  platform.secrets.clear();
  platform.storage.clear();
  setActivePinia(createPinia());
  api.stations.send.mockImplementation((_id, items) => Promise.resolve({ items: items.map((item) => recorded(item.key)) }));
  api.stations.pack.mockImplementation(() => {
    vi.setSystemTime(NOW + 2000); // the answer took two seconds
    return Promise.resolve({ id: 'p1', eventId: 'e000000000001', people: 30, expiresAt: '2026-12-11T09:00:00Z', serverTime: new Date(NOW + 61_000).toISOString(), key: 'the key', sealed: 'the roster' });
  });
});

describe('a roster that is taken along', () => {
  it('lies apart from its key, and tells what the clock is off', async () => {
    const station = useStation();
    await station.download(event());
    expect(platform.storage.get('pack.p1')).toBe('the roster');
    expect(platform.secrets.get('station.key.p1')).toBe('the key');
    expect(restart().contentOf('e000000000001')).toEqual({ id: 'p1', key: 'the key', sealed: 'the roster' });
    expect(useStation().packOf('e000000000001')?.offset).toBe(60_000);
    expect(useStation().nowAt('e000000000001')).toBe(new Date(NOW + 62_000).toISOString());
  });
  it('is deleted with its key at the expiry, at the logout and when the event is closed', async () => {
    const gone = (): void => {
      expect(platform.storage.get('pack.p1')).toBeUndefined();
      expect(platform.secrets.get('station.key.p1')).toBeUndefined();
      expect(useStation().contentOf('e000000000001')).toBeNull();
    };
    await useStation().download(event());
    useStation().forget();
    gone();

    await useStation().download(event());
    vi.setSystemTime('2026-12-11T08:58:00Z');
    useStation().prune();
    expect(useStation().packOf('e000000000001')).toBeDefined();
    vi.setSystemTime('2026-12-11T09:01:00Z');
    useStation().prune();
    gone();

    await useStation().download(event());
    api.stations.send.mockResolvedValue({ items: [asked('a', 'event_closed')] });
    useStation().add(keptBy('a'));
    await useStation().flush();
    gone();
    expect(states()).toEqual(['question']);
  });
});

describe('what it has kept', () => {
  it('survives a restart and is sent afterwards, with key and instant as they were', async () => {
    useStation().add(keptBy('a', { code: 'pcode' }));
    const station = restart();
    await station.flush();
    expect(api.stations.send).toHaveBeenCalledWith('e000000000001', [{ key: 'a', packId: 'p1', memberId: 'm1', proof: 'proof', code: 'pcode', scannedAt: '2026-12-10T07:00:00Z' }]);
    expect(states()).toEqual(['sent']);
    await station.flush();
    expect(api.stations.send).toHaveBeenCalledTimes(1);
  });
  it('stays when there is no signal, or the server is in trouble', async () => {
    useStation().add(keptBy('a'));
    for (const status of [0, 500, 503, 409]) {
      api.stations.send.mockRejectedValueOnce(new ApiError(status, 'x', 'x'));
      await useStation().flush();
      expect(states()).toEqual(['waiting']);
    }
  });
  it('is tried again when signal comes back while a try has not given up yet', async () => {
    let fail: (problem: Error) => void = () => undefined;
    api.stations.send.mockReturnValueOnce(new Promise((_yes, no) => { fail = no; }));
    const station = useStation();
    station.add(keptBy('a'));
    const first = station.flush();
    await station.flush();
    fail(new ApiError(0, 'network', ''));
    await first;
    expect(states()).toEqual(['sent']);
  });
  it('is refused with the reason when the event is not theirs any more, and holds nobody else up', async () => {
    api.stations.send.mockImplementation((id, items) => (id === 'gone' ? Promise.reject(new ApiError(404, 'not_found', '没有找到')) : Promise.resolve({ items: items.map((item) => recorded(item.key)) })));
    const station = useStation();
    station.add(keptBy('a', { eventId: 'gone' }));
    station.add(keptBy('b'));
    await station.flush();
    expect(station.list.map(({ state, message }) => `${state} ${message}`)).toEqual(['refused 没有找到', 'sent 已登记']);
    station.dismiss('a');
    expect(station.list).toHaveLength(1);
  });
});

describe('a question', () => {
  beforeEach(async () => {
    api.stations.send.mockResolvedValueOnce({ items: [asked('a')] });
    useStation().add(keptBy('a'));
    await useStation().flush();
  });
  const only = (): Held => useStation().list[0] as Held;

  it('waits for an answer and is answered about the row that was seen', async () => {
    expect(restart().questions).toBe(1);
    await useStation().answer(only(), 'record');
    expect(api.stations.answer).toHaveBeenCalledWith('e000000000001', expect.objectContaining({ key: 'a', memberId: 'm1' }), 'record', 3);
    expect(only()).toMatchObject({ state: 'sent', message: '已登记' });
  });
  it('is asked anew when the row has changed in between', async () => {
    api.stations.answer.mockRejectedValueOnce(new ApiError(409, 'attendance_changed', '刚被别人改过'));
    api.stations.send.mockResolvedValueOnce({ items: [recorded('a', { outcome: 'repeated' })] });
    await expect(useStation().answer(only(), 'keep')).rejects.toThrow('刚被别人改过');
    expect(only()).toMatchObject({ state: 'sent', message: '之前已经登记过' });
  });
  it('stays a question when the answer does not arrive', async () => {
    api.stations.answer.mockRejectedValueOnce(new ApiError(0, 'network', ''));
    await expect(useStation().answer(only(), 'keep')).rejects.toThrow();
    expect(only().state).toBe('question');
  });
});
