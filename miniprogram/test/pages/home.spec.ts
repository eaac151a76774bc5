import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { attendance, entry, event, events as list, mark, me, NOW, request, secretary } from '../fakes/nouns';
import { find, open, run, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ events: { list: vi.fn() }, people: { me: vi.fn(), record: vi.fn() }, checkins: { batch: vi.fn() }, sites: { list: vi.fn() }, requests: { toDecide: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Home from '@/pages/home/home.vue';

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(me());
  api.people.record.mockResolvedValue({ items: [], next: '', summary: {} });
  api.events.list.mockResolvedValue(list(event()));
  api.requests.toDecide.mockResolvedValue({ items: [], next: '' });
  api.sites.list.mockResolvedValue({ items: [{ id: 's1', kind: 'red_education', name: '红色小屋', address: '', org: { name: '石桥村党支部' } }], next: '' });
});
afterEach(() => { vi.useRealTimers(); });

describe('a member', () => {
  it('is greeted and sees what is next', async () => {
    const { page } = await open(Home);
    expect(find(page, 'hello').text()).toBe('张志强，下午好');
    expect(find(page, 'next-event').text()).toContain('12月主题党日');
    expect(find(page, 'next-event').text()).toContain('签到进行中');
    expect(find(page, 'new-event').exists()).toBe(false);
  });

  it('has a usable page after two requests', async () => {
    api.people.record.mockReturnValue(new Promise(() => undefined));
    const { page } = await open(Home);
    expect(api.people.me).toHaveBeenCalledTimes(1);
    expect(api.events.list).toHaveBeenCalledTimes(1);
    expect(find(page, 'scan').exists()).toBe(true);
  });

  it('sees the countdown before the window opens, and the next one once signed in', async () => {
    const later = event({ id: 'e2', phase: 'upcoming', title: '党课', startsAt: '2026-12-13T07:00:00Z', endsAt: '2026-12-13T09:00:00Z' });
    const done = event({ mine: { expected: true, attendance: mark() } });
    api.events.list.mockResolvedValue(list(done, later));
    const { page } = await open(Home);
    expect(find(page, 'next-event').text()).toContain('已到');
    api.events.list.mockResolvedValue(list(later));
    await run('show');
    expect(find(page, 'next-event').text()).toContain('还有 3 天');
  });

  it('sees the month in four numbers', async () => {
    api.people.record.mockResolvedValue({ items: [entry({ id: 'p1', startsAt: '2026-12-03T07:00:00Z' }, { status: 'sick' })], next: '', summary: {} });
    const { page } = await open(Home);
    expect(find(page, 'month').text().replace(/\s+/g, ' ')).toBe('2本月活动0已参加1请假1还有');
  });

  it('keeps what was seen last time when the line is down', async () => {
    await open(Home);
    api.events.list.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    api.people.me.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(Home);
    expect(find(page, 'next-event').text()).toContain('12月主题党日');
    expect(find(page, 'stale').text()).toContain('网络不通');
  });

  it('reads an error and a way to try again when there is nothing to show', async () => {
    api.people.me.mockRejectedValue(new ApiError(503, 'busy', '现在使用的人多'));
    api.events.list.mockRejectedValue(new ApiError(503, 'busy', '现在使用的人多'));
    const { page } = await open(Home);
    expect(find(page, 'error').text()).toContain('现在使用的人多');
    api.people.me.mockResolvedValue(me());
    api.events.list.mockResolvedValue(list(event()));
    await tap(page, 'retry');
    expect(find(page, 'hello').exists()).toBe(true);
  });
});

describe('scanning', () => {
  it.each([
    ['https://d.example/c/e1.2.m', '/pages/checkin/checkin?code=https%3A%2F%2Fd.example%2Fc%2Fe1.2.m'],
    ['pages/event/event?scene=01hxyz0000abc', '/pages/event/event?id=01hxyz0000abc'],
  ])('%s leads to %s', async (text, url) => {
    platform.scan.mockResolvedValue(text);
    const { page, uni } = await open(Home);
    await tap(page, 'scan');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url });
  });

  it('stays when the person gave up', async () => {
    platform.scan.mockResolvedValue('');
    const { page, uni } = await open(Home);
    await tap(page, 'scan');
    expect(uni.navigateTo).not.toHaveBeenCalled();
  });

  it('takes six spoken digits for the meeting that is on', async () => {
    const { page, uni } = await open(Home);
    await tap(page, 'spoken-open');
    await type(page, 'spoken-input', '4829');
    await tap(page, 'spoken-submit');
    expect(find(page, 'spoken-sheet').text()).toContain('六位数字');
    expect(uni.navigateTo).not.toHaveBeenCalled();
    await type(page, 'spoken-input', '482 913');
    await tap(page, 'spoken-submit');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pages/checkin/checkin?code=482913&event=e000000000001' });
  });
});

it('a secretary goes from here to publishing and to the code', async () => {
  api.people.me.mockResolvedValue(secretary());
  api.events.list.mockImplementation(({ scope }: { scope: string }) => Promise.resolve(list(event({ can: { ...event().can, code: scope === 'run' } }))));
  const { page, uni } = await open(Home);
  await tap(page, 'new-event');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/edit/edit' });
  await tap(page, 'code-e000000000001');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/code/code?id=e000000000001' });
});

it('says that people wait to be bound', async () => {
  api.people.me.mockResolvedValue({ ...secretary(), asking: 2 });
  const { page, uni } = await open(Home);
  expect(find(page, 'show-bindings').text()).toContain('2 个');
  await tap(page, 'show-bindings');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-binding/pages/approvals/approvals' });
});

it('tells somebody who is not bound what to do first, and shows what is public', async () => {
  api.people.me.mockResolvedValue(me({ member: null }));
  api.events.list.mockRejectedValue(new ApiError(403, 'not_bound', '请先绑定'));
  const { page, uni } = await open(Home);
  expect(find(page, 'resident-home').text()).toContain('向书记要邀请码');
  expect(find(page, 'site-s1').text()).toContain('红色教育基地 · 石桥村党支部');
  expect(find(page, 'spoken-open').exists()).toBe(false);
  expect(api.events.list).not.toHaveBeenCalled();
  expect(api.people.record).not.toHaveBeenCalled();
  await tap(page, 'bind-notice');
  expect(uni.switchTab).toHaveBeenCalledWith({ url: '/pages/me/me' });
});

it('leads to the queue of what waits', async () => {
  platform.secrets.set('outbox', [{ key: 'k1', code: 'c', scannedAt: '2026-12-10T06:00:00Z' }]);
  api.checkins.batch.mockRejectedValueOnce(new ApiError(503, 'unavailable', '系统正忙，请稍后再试'));
  const { page, uni } = await open(Home);
  await tap(page, 'outbox');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pages/queue/queue' });
});

it('hands in waiting scans by itself when it is shown', async () => {
  platform.secrets.set('outbox', [{ key: 'k1', code: 'c', scannedAt: '2026-12-10T06:00:00Z' }]);
  api.checkins.batch.mockResolvedValue({ items: [{ key: 'k1', status: 201, attendance: attendance(), repeated: false, error: null }] });
  const { page, uni } = await open(Home);
  expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已补交 1 次签到' }));
  expect(find(page, 'outbox').exists()).toBe(false);
});

it('tells a secretary how many requests wait, and leads to them', async () => {
  api.people.me.mockResolvedValue(secretary());
  api.requests.toDecide.mockResolvedValue({ items: [request({ canDecide: true }), request({ id: 'r2', canDecide: false })], next: '' });
  const { page, uni } = await open(Home);
  expect(find(page, 'show-requests').text()).toContain('1 个');
  await tap(page, 'show-requests');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/requests/requests' });
});
