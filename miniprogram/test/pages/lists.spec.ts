import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { counts, entry, event, events as list, mark, me, message, NOW, secretary } from '../fakes/nouns';
import { find, open, run, tap } from '../fakes/page';

const api = vi.hoisted(() => ({ events: { list: vi.fn() }, people: { me: vi.fn(), record: vi.fn(), bind: vi.fn() }, messages: { list: vi.fn(), read: vi.fn(), readAll: vi.fn() }, checkins: { batch: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Events from '@/pages/events/events.vue';
import Messages from '@/pages/messages/messages.vue';
import RecordPage from '@/pages/record/record.vue';

const down = new ApiError(0, 'network', '网络不通');

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(me());
  api.events.list.mockResolvedValue(list(event()));
  api.messages.list.mockResolvedValue({ items: [message(), message({ id: 'x2', title: '取消通知', readAt: '2026-12-09T00:00:00Z', eventId: null })], next: '', unread: 1 });
  api.people.record.mockResolvedValue({ items: [entry({})], next: '', summary: counts({ expected: 9, present: 7, late: 1, leave: 1, absent: 1 }) });
});
afterEach(() => { vi.useRealTimers(); });

describe('the events', () => {
  it('shows what is coming, and opens it', async () => {
    const { page, uni } = await open(Events);
    expect(api.events.list).toHaveBeenCalledWith({ when: 'upcoming', scope: 'visible', limit: 20 });
    expect(find(page, 'tab-run').exists()).toBe(false);
    await tap(page, 'event-e000000000001');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pages/event/event?id=e000000000001' });
  });
  it('turns to the past and back without mixing them', async () => {
    const { page } = await open(Events);
    api.events.list.mockResolvedValue(list(event({ id: 'e2', phase: 'closed', mine: { expected: true, attendance: mark() } })));
    await tap(page, 'tab-past');
    expect(api.events.list).toHaveBeenLastCalledWith({ when: 'past', scope: 'visible', limit: 20 });
    expect(find(page, 'event-e000000000001').exists()).toBe(false);
    expect(find(page, 'event-e2').text()).toContain('已到');
    api.events.list.mockReturnValue(new Promise(() => undefined));
    await tap(page, 'tab-upcoming');
    expect(find(page, 'event-e000000000001').exists()).toBe(true);
  });
  it('ignores the answer to a tab that was left', async () => {
    let slow: (value: unknown) => void = () => undefined;
    const { page } = await open(Events);
    api.events.list.mockReturnValueOnce(new Promise((resolve) => { slow = resolve; })).mockResolvedValue(list(event({ id: 'e3' })));
    await tap(page, 'tab-past');
    await tap(page, 'tab-upcoming');
    slow(list(event({ id: 'e9' })));
    await run('nothing');
    expect(find(page, 'event-e9').exists()).toBe(false);
    expect(find(page, 'event-e3').exists()).toBe(true);
  });
  it.each<[string, Parameters<typeof event>[0], string]>([
    ['how many are expected, before', { phase: 'upcoming', counts: counts({ expected: 20 }) }, '应到 20 人'],
    ['how the room fills', { phase: 'open', counts: counts({ expected: 20, present: 6 }) }, '6 / 20 人'], ['nothing of a cancelled one', { phase: 'cancelled', counts: counts() }, ''],
  ])('says %s', async (_name, part, words) => {
    api.events.list.mockResolvedValue(list(event(part)));
    const { page } = await open(Events);
    expect(find(page, 'people').exists() ? find(page, 'people').text() : '').toBe(words);
  });
  it('names whose it is where that is not a matter of course', async () => {
    const guests = [{ id: 'g', name: '柳湾', kind: 'branch' as const }];
    api.events.list.mockResolvedValue(list(event(), event({ id: 'e2', hostOrgId: 'other', host: { id: 'other', name: '机关党支部', kind: 'branch' } }), event({ id: 'e3', guests })));
    const { page } = await open(Events);
    expect(find(page, 'event-e000000000001').text()).not.toContain('主办');
    expect(find(page, 'event-e2').text()).toContain('机关党支部主办');
    expect(find(page, 'event-e3').text()).toContain('等 2 个支部联合');
  });
  it('has a tab of its own for whoever runs something, and comes there from home', async () => {
    api.people.me.mockResolvedValue(secretary());
    platform.secrets.set('events.tab', 'run');
    const { page, uni } = await open(Events);
    expect(api.events.list).toHaveBeenLastCalledWith({ when: 'all', scope: 'run', limit: 20 });
    await tap(page, 'new-event');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/edit/edit' });
  });
  it('reads on at the end, once', async () => {
    api.events.list.mockResolvedValueOnce({ ...list(event()), next: 'c1' }).mockResolvedValue(list(event({ id: 'e2' })));
    const { page } = await open(Events);
    await Promise.all([tap(page, 'load-more'), run('bottom')]);
    expect(api.events.list).toHaveBeenCalledTimes(2);
    expect(api.events.list).toHaveBeenLastCalledWith({ when: 'upcoming', scope: 'visible', after: 'c1', limit: 20 });
    expect(page.findAll('[data-testid^=event-]')).toHaveLength(2);
    expect(find(page, 'load-more').exists()).toBe(false);
  });
  it('says that there is nothing, and is not the same as an error', async () => {
    api.events.list.mockResolvedValue(list());
    const { page } = await open(Events);
    expect(find(page, 'empty').text()).toContain('近期没有活动');
    api.events.list.mockRejectedValue(down);
    platform.secrets.clear();
    const again = await open(Events);
    expect(find(again.page, 'error').text()).toContain('网络不通');
  });
  it('asks the unbound to bind', async () => {
    api.people.me.mockResolvedValue(me({ member: null }));
    api.events.list.mockRejectedValue(new ApiError(403, 'not_bound', '请先绑定'));
    const { page } = await open(Events);
    expect(find(page, 'needs-binding').text()).toContain('支部的活动');
  });
});

describe('the messages', () => {
  it('counts the unread here and on the tab', async () => {
    const { page, uni } = await open(Messages);
    expect(find(page, 'unread').text()).toBe('1 条未读');
    expect(uni.setTabBarBadge).toHaveBeenLastCalledWith(expect.objectContaining({ text: '1' }));
    expect(find(page, 'message-x1').text()).toContain('30 分钟前');
  });
  it('a tap reads one and opens its event', async () => {
    api.messages.read.mockResolvedValue({ unread: 0 });
    const { page, uni } = await open(Messages);
    await tap(page, 'message-x1');
    expect(api.messages.read).toHaveBeenCalledWith(['x1']);
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pages/event/event?id=e000000000001' });
    expect(find(page, 'unread').exists()).toBe(false);
    expect(uni.removeTabBarBadge).toHaveBeenCalled();
  });
  it('a read one without an event asks nothing and leads nowhere', async () => {
    const { page, uni } = await open(Messages);
    await tap(page, 'message-x2');
    expect(api.messages.read).not.toHaveBeenCalled();
    expect(uni.navigateTo).not.toHaveBeenCalled();
  });
  it('leads from what it says of a transfer to those of the organisation', async () => {
    api.messages.read.mockResolvedValue({ unread: 0 });
    api.messages.list.mockResolvedValue({ items: [message({ id: 'x7', kind: 'transfer', eventId: null, orgId: 'b1' })], next: '', unread: 1 });
    const { page, uni } = await open(Messages);
    await tap(page, 'message-x7');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-members/pages/transfers/transfers?org=b1' });
  });
  it('leads from what asks about a month to that month', async () => {
    api.messages.read.mockResolvedValue({ unread: 0 });
    api.messages.list.mockResolvedValue({ items: [message({ id: 'x8', kind: 'not_held', eventId: null, orgId: 'b1', month: '2027-01' })], next: '', unread: 1 });
    const { page, uni } = await open(Messages);
    await tap(page, 'message-x8');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/month/month?org=b1&month=2027-01' });
  });
  it('opens the event also when it could not be marked as read', async () => {
    api.messages.read.mockRejectedValue(down);
    const { page, uni } = await open(Messages);
    await tap(page, 'message-x1');
    expect(uni.navigateTo).toHaveBeenCalled();
    expect(find(page, 'unread').exists()).toBe(true);
  });
  it('reads all at once', async () => {
    api.messages.readAll.mockResolvedValue({ unread: 0 });
    const { page } = await open(Messages);
    await tap(page, 'read-all');
    expect(find(page, 'read-all').exists()).toBe(false);
  });
  it('goes on to older ones', async () => {
    api.messages.list.mockResolvedValueOnce({ items: [message()], next: 'c1', unread: 2 }).mockResolvedValue({ items: [message({ id: 'x9' })], next: '', unread: 2 });
    const { page } = await open(Messages);
    await run('bottom');
    expect(api.messages.list).toHaveBeenLastCalledWith('c1');
    expect(find(page, 'message-x9').exists()).toBe(true);
  });
  it('keeps the older ones when one comes back, as long as they meet the newest', async () => {
    api.messages.list.mockResolvedValueOnce({ items: [message()], next: 'x1', unread: 2 }).mockResolvedValueOnce({ items: [message({ id: 'x0' })], next: '', unread: 2 });
    const { page } = await open(Messages);
    await run('bottom');
    api.messages.list.mockResolvedValue({ items: [message({ id: 'x2' }), message({ readAt: '2026-12-10T06:30:00Z' })], next: 'x1', unread: 1 });
    await run('show');
    expect(page.findAll('.message').map((one) => one.attributes('data-testid'))).toEqual(['message-x2', 'message-x1', 'message-x0']);
    expect(find(page, 'unread').text()).toBe('1 条未读');
    api.messages.list.mockResolvedValue({ items: [message({ id: 'x9' })], next: 'x9', unread: 40 });
    await run('show');
    expect(page.findAll('.message')).toHaveLength(1);
  });
  it('has words for none', async () => {
    api.messages.list.mockResolvedValue({ items: [], next: '', unread: 0 });
    const { page } = await open(Messages);
    expect(find(page, 'empty').text()).toContain('还没有消息');
  });
});

describe('my record', () => {
  it('sums the year and lists it', async () => {
    const { page, uni } = await open(RecordPage);
    expect(find(page, 'year').text()).toBe('2026 年');
    expect(find(page, 'summary').text().replace(/\s+/g, '')).toBe('9应到7实到1迟到1请假1缺席');
    expect(find(page, 'record-e000000000001').text()).toContain('14:58 · 扫码 · 村部二楼');
    await tap(page, 'record-e000000000001');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pages/event/event?id=e000000000001' });
  });
  it('gives a leave no hour: nobody arrived then', async () => {
    api.people.record.mockResolvedValue({ items: [entry({}, { status: 'sick', source: 'roll' })], next: '', summary: counts() });
    const { page } = await open(RecordPage);
    expect(find(page, 'record-e000000000001').text()).toContain('书记点名 · 村部二楼');
    expect(find(page, 'record-e000000000001').text()).not.toContain('14:58');
  });
  it('turns back the years and not into the future', async () => {
    const { page } = await open(RecordPage);
    await tap(page, 'year-after');
    expect(api.people.record).toHaveBeenCalledTimes(1);
    api.people.record.mockResolvedValue({ items: [], next: '', summary: counts({ expected: 0 }) });
    await tap(page, 'year-before');
    expect(api.people.record).toHaveBeenLastCalledWith(2025);
    expect(find(page, 'empty').text()).toContain('2025 年还没有记录');
  });
  it('goes on to the rest of the year', async () => {
    api.people.record.mockResolvedValueOnce({ items: [entry({})], next: 'c1', summary: counts() }).mockResolvedValue({ items: [entry({ id: 'e2' })], next: '', summary: counts() });
    const { page } = await open(RecordPage);
    await tap(page, 'load-more');
    expect(api.people.record).toHaveBeenLastCalledWith(2026, 'c1');
    expect(page.findAll('[data-testid^=record-]')).toHaveLength(2);
  });
});
