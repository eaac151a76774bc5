import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { copyOf, keepCopy } from '@/ui/copies';
import { useAction, useLoad, usePages, wordsOf } from '@/ui/load';
import { platform } from '../fakes/platform';

vi.mock('@dcloudio/uni-app', () => ({ onPullDownRefresh: vi.fn() }));
beforeEach(() => { platform.secrets.clear(); vi.restoreAllMocks(); });

it.each([[new ApiError(503, 'busy', '现在使用的人多'), '现在使用的人多'], [new TypeError('x is undefined'), '出了点问题，请重试'], ['odd', '出了点问题，请重试']])('%s is said as %s', (failure, words) => { expect(wordsOf(failure)).toBe(words); });

describe('copies', () => {
  it('are kept by name', () => {
    keepCopy('event.1', { title: '党课' });
    expect(copyOf('event.1')).toEqual({ title: '党课' });
    expect(copyOf('event.2')).toBeNull();
  });
  it('are the twenty-four latest, so that the phone does not fill up', () => {
    for (let index = 0; index < 30; index++) keepCopy(`event.${index}`, index);
    keepCopy('event.6', 'again');
    keepCopy('event.30', 30);
    expect(copyOf('event.5')).toBeNull();
    expect(copyOf('event.6')).toBe('again');
    expect(copyOf('event.7')).toBeNull();
    expect(copyOf('event.30')).toBe(30);
  });
  it('are given up when the phone is full, and the page does not notice', async () => {
    vi.spyOn(platform.secrets, 'set').mockImplementation(() => { throw new Error('exceed storage max size 10Mb'); });
    const { data, error, refresh } = useLoad(() => Promise.resolve('fresh'), () => 'x');
    await refresh();
    expect(data.value).toBe('fresh');
    expect(error.value).toBe('');
  });
});

describe('pages', () => {
  it('come one behind the other, and begin anew with a refresh', async () => {
    const ask = vi.fn((after: string) => Promise.resolve({ items: [`after ${after || 'nothing'}`], next: after ? '' : 'a' }));
    const { items, next, more, refresh } = usePages(ask, vi.fn());
    await refresh();
    await more();
    await more();
    expect([items.value, next.value, ask.mock.calls.length]).toEqual([['after nothing', 'after a'], '', 2]);
    await refresh();
    expect([items.value, next.value]).toEqual([['after nothing'], 'a']);
  });
  it('do not mix when the list was asked for anew meanwhile', async () => {
    let turn: () => void = () => undefined;
    const slow = new Promise<{ items: string[]; next: string }>((resolve) => { turn = () => { resolve({ items: ['old'], next: '' }); }; });
    const ask = vi.fn().mockResolvedValueOnce({ items: ['one'], next: 'a' }).mockReturnValueOnce(slow).mockResolvedValueOnce({ items: ['new'], next: 'b' });
    const { items, more, refresh } = usePages((after) => ask(after) as Promise<{ items: string[]; next: string }>, vi.fn());
    await refresh();
    const turning = more();
    await refresh();
    turn();
    await turning;
    expect(items.value).toEqual(['new']);
  });
});

describe('loading', () => {
  it('shows the last copy, then the answer, and keeps that', async () => {
    keepCopy('x', 'old');
    const { data, loading, refresh } = useLoad(() => Promise.resolve('new'), () => 'x');
    expect(data.value).toBe('old');
    const asked = refresh();
    expect(loading.value).toBe(true);
    await asked;
    expect([data.value, loading.value, copyOf('x')]).toEqual(['new', false, 'new']);
  });
  it('keeps what it has when the next answer does not come', async () => {
    const ask = vi.fn().mockResolvedValueOnce('one').mockRejectedValueOnce(new ApiError(0, 'network', '网络不通')).mockResolvedValueOnce('two');
    const { data, error, refresh } = useLoad(() => ask() as Promise<string>);
    await refresh();
    await refresh();
    expect([data.value, error.value]).toEqual(['one', '网络不通']);
    await refresh();
    expect([data.value, error.value]).toEqual(['two', '']);
  });
  it.each(['answer', 'error'])('takes the latest question\'s answer, not a late %s', async (kind) => {
    let slow: () => void = () => undefined;
    const late = new Promise<string>((resolve, reject) => { slow = () => { if (kind === 'answer') resolve('late'); else reject(new Error('late')); }; });
    const ask = vi.fn().mockReturnValueOnce(late).mockResolvedValue('latest');
    const { data, error, loading, refresh } = useLoad(() => ask() as Promise<string>);
    const first = refresh();
    await refresh();
    slow();
    await first;
    expect([data.value, error.value, loading.value]).toEqual(['latest', '', false]);
  });
});

describe('a tap\'s work', () => {
  it('runs once at a time and says what went wrong', async () => {
    const said = vi.fn();
    const { busy, run } = useAction(said);
    let finish: () => void = () => undefined;
    const work = vi.fn(() => new Promise<void>((resolve) => { finish = resolve; }));
    const first = run(work);
    await run(work);
    expect(busy.value).toBe(true);
    finish();
    await first;
    expect(work).toHaveBeenCalledTimes(1);
    await run(() => Promise.reject(new ApiError(409, 'x', '不行')));
    expect(said).toHaveBeenCalledWith('不行');
    expect(busy.value).toBe(false);
  });
});
