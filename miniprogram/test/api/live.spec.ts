import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLive, type LiveState, type SocketHandlers } from '@/api/live';
import { counts } from '../fakes/nouns';

const state = (present: number): LiveState => ({ counts: counts({ present }), items: [] });
const text = (present: number): string => JSON.stringify({ type: 'state', ...state(present) });

function setup() {
  const sockets: (SocketHandlers & { protocols: string[]; close: ReturnType<typeof vi.fn> })[] = [];
  const shown: number[] = [];
  const connected: boolean[] = [];
  const poll = vi.fn(() => Promise.resolve(state(99)));
  const live = createLive('e1', {
    open: (_path, protocols, handlers) => { const socket = { ...handlers, protocols, close: vi.fn() }; sockets.push(socket); return socket; },
    readToken: () => 'tok', poll, show: (seen) => { shown.push(seen.counts.present); }, connected: (yes) => { connected.push(yes); },
  });
  return { live, sockets, shown, connected, poll };
}

describe('live list', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('says who it is and shows what comes', () => {
    const { live, sockets, shown, connected, poll } = setup();
    live.start();
    sockets[0]?.message(text(3));
    sockets[0]?.message('{"type":"ping"}');
    sockets[0]?.message(text(4));
    expect(sockets[0]?.protocols).toEqual(['themeday.v1', 'bearer.tok']);
    expect(shown).toEqual([3, 4]);
    expect(connected).toEqual([true, true]);
    expect(poll).not.toHaveBeenCalled();
    live.stop();
  });

  it('polls while the line is down and comes back by itself', async () => {
    const { live, sockets, shown, connected, poll } = setup();
    live.start();
    sockets[0]?.message(text(3));
    sockets[0]?.closed();
    await vi.advanceTimersByTimeAsync(0);
    expect(poll).toHaveBeenCalledTimes(1);
    expect(shown).toEqual([3, 99]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    sockets[1]?.message(text(5));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(poll).toHaveBeenCalledTimes(1);
    expect(connected).toEqual([true, false, true]);
    live.stop();
  });

  it('waits longer after each failure', async () => {
    const { live, sockets } = setup();
    live.start();
    for (const [pause, opened] of [[1000, 2], [2000, 3], [4000, 4]] as const) {
      sockets.at(-1)?.closed();
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(sockets).toHaveLength(opened - 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(sockets).toHaveLength(opened);
    }
    live.stop();
  });

  it('gives a silent line up', async () => {
    const { live, sockets, poll } = setup();
    live.start();
    sockets[0]?.message(text(1));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(poll).toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.close).toHaveBeenCalled();
    live.stop();
  });

  it('is still after stop', async () => {
    const { live, sockets, shown, poll } = setup();
    live.start();
    sockets[0]?.message(text(1));
    live.stop();
    sockets[0]?.closed();
    sockets[0]?.message(text(2));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(shown).toEqual([1]);
    expect(sockets).toHaveLength(1);
    expect(poll).not.toHaveBeenCalled();
    live.stop();
  });
});
