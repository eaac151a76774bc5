import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { flushPromises } from '@vue/test-utils';
import type { EventCode } from '@/api/checkins';
import { ApiError } from '@/api/client';
import type { LiveState } from '@/api/live';
import { platform } from '../fakes/platform';
import { attendance, code, counts, event, NOW, secretary } from '../fakes/nouns';
import { find, open, run, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ events: { get: vi.fn(), renewCode: vi.fn() }, people: { me: vi.fn() }, checkins: { code: vi.fn() }, live: vi.fn() }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Code from '@/pkg-secretary/pages/code/code.vue';

/** The server's clock runs ten minutes ahead of this phone's. */
const AHEAD = 600_000;
const line = { start: vi.fn(), stop: vi.fn() };
let show: (state: LiveState) => void;
let connected: (yes: boolean) => void;
let polled: (yes: boolean) => void;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.events.get.mockResolvedValue(event({ counts: counts({ present: 3 }) }));
  api.checkins.code.mockImplementation(() => Promise.resolve(code(Date.now() + AHEAD)));
  api.live.mockImplementation((_id: string, shown: typeof show, joined: typeof connected, asked: typeof polled) => { show = shown; connected = joined; polled = asked; return line; });
});
afterEach(async () => { await run('unload'); vi.useRealTimers(); });

const wait = async (ms: number): Promise<void> => { await vi.advanceTimersByTimeAsync(ms); await flushPromises(); };

describe('the code', () => {
  it('is drawn, read out in two halves, and says the server\'s time', async () => {
    const { page } = await open(Code, { id: 'e1' });
    expect(find(page, 'qr').attributes('src')).toMatch(/^data:image\/gif/);
    expect(find(page, 'code-text').text()).toBe('482 913');
    expect(find(page, 'server-clock').text()).toBe('15:00:00');
    await wait(3000);
    expect(find(page, 'server-clock').text()).toBe('15:00:03');
  });

  it('is fetched anew exactly when the server says, however wrong this phone\'s clock is', async () => {
    const { page } = await open(Code, { id: 'e1' });
    const first = find(page, 'code-url').text();
    await wait(9900);
    expect(api.checkins.code).toHaveBeenCalledTimes(1);
    await wait(200);
    expect(api.checkins.code).toHaveBeenCalledTimes(2);
    expect(find(page, 'code-url').text()).not.toBe(first);
  });

  it('says so when it could not be renewed, and recovers', async () => {
    const { page } = await open(Code, { id: 'e1' });
    api.checkins.code.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    await wait(39_000);
    expect(find(page, 'code-stale').exists()).toBe(false);
    await wait(2000);
    expect(find(page, 'code-stale').exists()).toBe(true);
    api.checkins.code.mockImplementation(() => Promise.resolve(code(Date.now() + AHEAD)));
    await wait(2000);
    expect(find(page, 'code-stale').exists()).toBe(false);
  });

  it('rests while the page is hidden', async () => {
    await open(Code, { id: 'e1' });
    await run('hide');
    await wait(60_000);
    expect(api.checkins.code).toHaveBeenCalledTimes(1);
    expect(line.stop).toHaveBeenCalled();
    expect(platform.keepScreenOn).toHaveBeenLastCalledWith(false);
    await run('show');
    expect(api.checkins.code).toHaveBeenCalledTimes(2);
    expect(platform.keepScreenOn).toHaveBeenLastCalledWith(true);
  });
});

describe('without a network', () => {
  const ahead = (): EventCode['ahead'] => Array.from({ length: 12 }, (_none, i) => {
    const from = Date.now() + AHEAD + (i + 1) * 10_000;
    return { url: `https://x.example/c/ahead-${i + 1}`, showFrom: new Date(from).toISOString(), validUntil: new Date(from + 40_000).toISOString(), spoken: '482913', spokenUntil: new Date(from + 180_000).toISOString() };
  });
  it('goes on for two minutes from what was fetched before, and says for how long', async () => {
    api.checkins.code.mockResolvedValueOnce(code(Date.now() + AHEAD, { ahead: ahead() }));
    api.checkins.code.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(Code, { id: 'e1' });
    await wait(12_000);
    expect(find(page, 'code-url').text()).toBe('https://x.example/c/ahead-1');
    expect(find(page, 'code-lasts').text()).toContain('秒');
    await wait(60_000);
    expect(find(page, 'code-url').text()).toBe('https://x.example/c/ahead-7');
    expect(find(page, 'code-stale').exists()).toBe(false);
    await wait(120_000);
    expect(find(page, 'code-stale').exists()).toBe(true);
  });
  it('stops at once when the event is over', async () => {
    api.checkins.code.mockResolvedValueOnce(code(Date.now() + AHEAD, { ahead: ahead() }));
    api.checkins.code.mockRejectedValue(new ApiError(409, 'event_closed', '活动已经结束'));
    const { page } = await open(Code, { id: 'e1' });
    await wait(25_000);
    expect(find(page, 'code-url').text()).not.toContain('ahead');
  });
  it('says that the list does not move either', async () => {
    const { page } = await open(Code, { id: 'e1' });
    polled(false);
    await flushPromises();
    expect(find(page, 'live-state').text()).toBe('断开，正在重连');
  });
});

it('is replaced for a reason', async () => {
  api.events.renewCode.mockResolvedValue(event());
  const { page } = await open(Code, { id: 'e1' });
  await tap(page, 'renew');
  await type(page, 'renew-dialog-reason', '二维码被转发');
  await tap(page, 'renew-dialog-yes');
  expect(api.events.renewCode).toHaveBeenCalledWith('e1', expect.any(String), '二维码被转发');
  expect(api.checkins.code).toHaveBeenCalledTimes(2);
});

it('shows who has just come, newest first, and how the room fills', async () => {
  const { page } = await open(Code, { id: 'e1' });
  expect(find(page, 'count-present').text()).toBe('3');
  expect(find(page, 'live-state').text()).toContain('每 5 秒');
  connected(true);
  show({ counts: counts({ present: 9 }), items: [
    attendance({ memberId: 'm1', memberName: '王建国', status: 'present', at: '2026-12-10T07:00:00Z' }),
    attendance({ memberId: 'm2', memberName: '李秀英', status: 'late', at: '2026-12-10T07:12:00Z' }), attendance({ memberId: 'm3', memberName: '没来的' }),
  ] });
  await flushPromises();
  expect(find(page, 'count-present').text()).toBe('9');
  expect(find(page, 'live-state').text()).toBe('实时');
  expect(page.findAll('[data-testid^=came-]').map((row) => row.text().slice(0, 3))).toEqual(['李秀英', '王建国']);
  expect(page.text()).not.toContain('没来的');
});

it('fills the screen where the platform can', async () => {
  platform.fullScreen.mockReturnValue(true);
  const { page } = await open(Code, { id: 'e1' });
  await tap(page, 'full-screen');
  expect(platform.fullScreen).toHaveBeenCalledWith(true);
  expect(find(page, 'full-screen').text()).toBe('退出全屏');
});

it('says why it may not be seen', async () => {
  api.events.get.mockRejectedValue(new ApiError(404, 'not_found', '没有找到这个活动'));
  const { page } = await open(Code, { id: 'e1' });
  expect(find(page, 'error').text()).toContain('没有找到这个活动');
});
