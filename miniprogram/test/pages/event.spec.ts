import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { EventItem } from '@/api/events';
import { platform } from '../fakes/platform';
import { counts, event, mark, me, NOW, secretary, template } from '../fakes/nouns';
import { find, open, run, shared, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({
  events: { get: vi.fn(), publish: vi.fn(), cancel: vi.fn(), close: vi.fn() }, settlements: { get: vi.fn() }, people: { me: vi.fn(), bind: vi.fn() },
  reminders: { templates: vi.fn(), grant: vi.fn(), ofEvent: vi.fn() }, checkins: { batch: vi.fn() },
  requests: { mine: vi.fn(), toDecide: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import EventPage from '@/pages/event/event.vue';

const ID = '01hxyz0000abc';
const here = (part: Partial<EventItem> = {}) => event({ id: ID, ...part });
const may = (...words: (keyof EventItem['can'])[]): EventItem['can'] => ({ ...event().can, ...Object.fromEntries(words.map((word) => [word, true])) });
const show = async (part: Partial<EventItem> = {}) => {
  api.events.get.mockResolvedValue(here(part));
  return open(EventPage, { id: ID });
};

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] });
  vi.resetAllMocks();
  api.settlements.get.mockResolvedValue({
    counts: counts({ absent: 3, pending: 0 }), quorum: null, closed: false,
    items: ['m1', 'm2', 'm3'].map((memberId) => ({ memberId, status: 'absent', source: 'settle' })),
  });
  platform.secrets.clear();
  api.people.me.mockResolvedValue(me());
  api.reminders.templates.mockResolvedValue({ items: [template()] });
  api.requests.mine.mockResolvedValue({ items: [], next: '' });
  api.requests.toDecide.mockResolvedValue({ items: [], next: '' });
});
afterEach(() => { vi.useRealTimers(); });

describe('my own state', () => {
  it.each<[string, Partial<EventItem>, string, boolean]>([
    ['expected, and the window is open', {}, '请您参加到会场后扫码签到', true],
    ['expected, later', { phase: 'upcoming' }, '请您参加您在应到名单里', false],
    ['here by a scan', { mine: { expected: true, attendance: mark() } }, '已到今天 14:58 · 扫码', false],
    ['late by the spoken code', { mine: { expected: true, attendance: mark({ status: 'late', source: 'spoken' }) } }, '迟到今天 14:58 · 口令', false],
    ['on leave', { phase: 'closed', state: 'closed', mine: { expected: true, attendance: mark({ status: 'sick', source: 'roll' }) } }, '病假', false],
    ['absent', { phase: 'closed', state: 'closed', mine: { expected: true, attendance: mark({ status: 'absent', source: 'settle' }) } }, '缺席', false],
    ['taken back by the secretary', { mine: { expected: true, attendance: mark({ status: 'pending', source: 'roll' }) } }, '请您参加', true],
  ])('%s', async (_name, part, words, scan) => {
    const { page } = await show(part);
    expect(find(page, 'my-state').text()).toContain(words);
    expect(find(page, 'scan').exists()).toBe(scan);
  });
  it.each<[string, Partial<EventItem>]>([
    ['not concerned', { mine: null }], ['need not come', { mine: { expected: false, attendance: null } }], ['cancelled', { state: 'cancelled', phase: 'cancelled' }],
  ])('is not mentioned where I am %s', async (_name, part) => {
    const { page } = await show(part);
    expect(find(page, 'my-state').exists()).toBe(false);
  });
});

describe('what the page says', () => {
  it('counts the room only once somebody can have come', async () => {
    const { page } = await show({ phase: 'upcoming', counts: counts({ expected: 108 }) });
    expect(find(page, 'counts').exists()).toBe(false);
    expect(page.text()).toContain('应到 108 人');
    api.events.get.mockResolvedValue(here({ counts: counts() }));
    await run('show');
    expect(find(page, 'counts').exists()).toBe(true);
  });
  it('of a cancelled one: why, and no word of checking in', async () => {
    const { page } = await show({ state: 'cancelled', phase: 'cancelled', cancelReason: '天气原因', counts: counts() });
    expect(find(page, 'cancel-reason').text()).toContain('天气原因');
    expect(page.text()).not.toContain('起可以签到');
    expect(find(page, 'counts').exists()).toBe(false);
  });
  it('names the guests of a joint one', async () => {
    const { page } = await show({ guests: [{ id: 'g1', name: '柳湾村党支部', kind: 'branch' }, { id: 'g2', name: '机关党支部', kind: 'branch' }] });
    expect(page.text()).toContain('联合开展：柳湾村党支部、机关党支部');
  });
  it('leads to the map, or copies where there is none', async () => {
    const { page } = await show();
    await tap(page, 'place');
    expect(platform.copy).toHaveBeenCalledWith('村部二楼', '地点已复制');
    api.events.get.mockResolvedValue(here({ place: { name: '陵园', address: '1 号', position: { lat: 30, lng: 114 }, radius: 300 } }));
    await run('show');
    await tap(page, 'place');
    expect(platform.openMap).toHaveBeenCalledWith({ name: '陵园', address: '1 号', lat: 30, lng: 114 });
  });
});

describe('reminders', () => {
  const ahead = { phase: 'upcoming' as const };
  it('asks WeChat before anything else happens, for one kind of template and five at most', async () => {
    const many = Array.from({ length: 7 }, (_none, index) => template({ id: `t${index}`, type: index === 0 ? 'long_term' : 'one_time', setting: 'reject' }));
    api.reminders.templates.mockResolvedValue({ items: many });
    platform.askSubscribe.mockReturnValue(new Promise(() => undefined));
    const { page } = await show(ahead);
    const button = page.get('[data-testid="remind"]').element;
    button.dispatchEvent(new Event('click'));
    // still inside the tap: WeChat shows its dialog only here
    expect(platform.askSubscribe).toHaveBeenCalledTimes(1);
    expect((platform.askSubscribe.mock.calls as unknown as [{ id: string }[]][])[0]?.[0].map(({ id }) => id)).toEqual(['t1', 't2', 't3', 't4', 't5']);
    expect(api.reminders.grant).not.toHaveBeenCalled();
  });
  it('hands the answer in under a key and shows what is left', async () => {
    platform.askSubscribe.mockResolvedValue({ t1: 'accept' });
    api.reminders.grant.mockResolvedValue({ items: [template({ remaining: 3, setting: 'accept' })] });
    const { page, uni } = await show(ahead);
    expect(find(page, 'grant-left').text()).toContain('点一次');
    await tap(page, 'remind');
    expect(api.reminders.grant).toHaveBeenCalledWith(expect.stringMatching(/.{10,64}/), { t1: 'accept' });
    expect(find(page, 'grant-left').text()).toContain('还可提醒您 3 次');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '好的，到时提醒您' }));
  });
  it.each<[string, Record<string, string>, boolean]>([['a no', { t1: 'reject' }, true], ['no answer', {}, false]])('says what %s means', async (_name, results, told) => {
    platform.askSubscribe.mockResolvedValue(results);
    api.reminders.grant.mockResolvedValue({ items: [template({ setting: 'reject' })] });
    const { page, uni } = await show(ahead);
    await tap(page, 'remind');
    expect(api.reminders.grant).toHaveBeenCalledTimes(told ? 1 : 0);
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: expect.stringContaining('没有') as string }));
  });
  it('asks nothing more of whom a long-term template reminds for ever', async () => {
    api.reminders.templates.mockResolvedValue({ items: [template({ type: 'long_term', setting: 'accept', remaining: 1 })] });
    const { page } = await show(ahead);
    expect(find(page, 'remind').exists()).toBe(false);
    expect(find(page, 'grant-left').text()).toContain('到时会提醒您');
  });
  it('are not offered once the meeting is on', async () => {
    const { page } = await show();
    expect(find(page, 'remind').exists()).toBe(false);
    expect(api.reminders.templates).not.toHaveBeenCalled();
  });
});

describe('the secretary', () => {
  beforeEach(() => { api.people.me.mockResolvedValue(secretary()); });

  it('has only the buttons that the server allows', async () => {
    const { page } = await show({ can: may('attendance') });
    expect(find(page, 'show-attendance').exists()).toBe(true);
    for (const name of ['show-code', 'show-reminders', 'edit', 'close-event', 'cancel-event', 'publish']) expect(find(page, name).exists()).toBe(false);
  });
  it('still sees of a closed event how the reminders went', async () => {
    const { page } = await show({ state: 'closed', phase: 'closed', can: may('attendance') });
    expect(find(page, 'show-reminders').exists()).toBe(true);
  });
  it.each<[keyof EventItem['can'], string, string]>([['code', 'show-code', 'code/code'], ['edit', 'edit', 'edit/edit'], ['attendance', 'show-attendance', 'attendance/attendance'], ['code', 'show-reminders', 'reminders/reminders']])('who may %s goes there', async (word, name, path) => {
    const { page, uni } = await show({ can: may(word) });
    await tap(page, name);
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: `/pkg-secretary/pages/${path}?id=${ID}` });
  });
  it('publishes a draft after reading whom it reaches', async () => {
    api.reminders.ofEvent.mockResolvedValue({ reach: { expected: 20, reachable: 12, unbound: 2, noGrant: 6 } });
    api.events.publish.mockResolvedValue(here());
    const { page } = await show({ state: 'draft', phase: 'draft', can: may('publish', 'edit') });
    await tap(page, 'publish');
    expect(find(page, 'publish-dialog').text()).toContain('20 人中 12 人可收到微信提醒，8 人需要电话通知');
    await tap(page, 'publish-dialog-yes');
    expect(api.events.publish).toHaveBeenCalledWith(ID, expect.any(String));
    expect(find(page, 'publish').exists()).toBe(false);
  });
  it('cancels only with a reason', async () => {
    api.events.cancel.mockResolvedValue(here({ state: 'cancelled', phase: 'cancelled', cancelReason: '天气原因' }));
    const { page } = await show({ can: may('cancel') });
    await tap(page, 'cancel-event');
    expect(find(page, 'cancel-dialog-yes').attributes('disabled')).toBeDefined();
    await type(page, 'cancel-dialog-reason', '天气原因');
    await tap(page, 'cancel-dialog-yes');
    expect(api.events.cancel).toHaveBeenCalledWith(ID, expect.any(String), '天气原因');
    expect(find(page, 'cancel-reason').exists()).toBe(true);
  });
  it('reads before closing how many will count as absent', async () => {
    const { page } = await show({ can: may('close'), counts: counts({ pending: 3 }) });
    await tap(page, 'close-event');
    expect(find(page, 'close-dialog').text()).toContain('其中 3 人没有记录，将记为缺席');
  });
  it('stays in the dialog with the reason of a refusal', async () => {
    api.events.close.mockRejectedValue(new ApiError(409, 'event_not_started', '活动还没有开始，不能结束'));
    const { page } = await show({ can: may('close'), counts: counts() });
    await tap(page, 'close-event');
    await tap(page, 'close-dialog-yes');
    expect(find(page, 'close-dialog').text()).toContain('活动还没有开始，不能结束');
  });
  it('does nothing twice on two quick taps', async () => {
    api.events.close.mockReturnValue(new Promise(() => undefined));
    const { page } = await show({ can: may('close'), counts: counts() });
    await tap(page, 'close-event');
    await tap(page, 'close-dialog-yes');
    await tap(page, 'close-dialog-yes');
    expect(api.events.close).toHaveBeenCalledTimes(1);
  });
});

describe('arriving', () => {
  it.each<[Record<string, string>]>([[{ id: ID }], [{ scene: ID }], [{ scene: `e%3D${ID}` }]])('with %j finds the event', async (query) => {
    api.events.get.mockResolvedValue(here());
    await open(EventPage, query);
    expect(api.events.get).toHaveBeenCalledWith(ID);
  });
  it('with nonsense asks nobody and says so', async () => {
    const { page } = await open(EventPage, { id: '../me' });
    expect(api.events.get).not.toHaveBeenCalled();
    expect(find(page, 'error').text()).toContain('没有找到这个活动');
  });
  it('without signal shows what was seen last time', async () => {
    await show();
    api.events.get.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(EventPage, { id: ID });
    expect(find(page, 'title').text()).toBe('12月主题党日');
    expect(find(page, 'stale').text()).toContain('网络不通');
  });
  it('unbound, is asked to bind and then sees the event', async () => {
    api.people.me.mockResolvedValue(me({ member: null }));
    api.people.bind.mockResolvedValue(me());
    api.events.get.mockRejectedValueOnce(new ApiError(403, 'not_bound', '请先绑定')).mockResolvedValue(here());
    const { page } = await open(EventPage, { id: ID });
    expect(find(page, 'needs-binding').exists()).toBe(true);
    await tap(page, 'bind');
    expect(find(page, 'needs-binding').exists()).toBe(false);
    expect(find(page, 'title').text()).toBe('12月主题党日');
  });
});

describe('a scan from here', () => {
  it.each([
    ['https://d.example/c/e1.2.m', '/pages/checkin/checkin?code=https%3A%2F%2Fd.example%2Fc%2Fe1.2.m'],
    ['pages/event/event?scene=01hxyz0000abd', '/pages/event/event?id=01hxyz0000abd'],
  ])('%s leads on', async (text, url) => {
    platform.scan.mockResolvedValue(text);
    const { page, uni } = await show();
    await tap(page, 'scan');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url });
  });
  it('of the event\'s own printed code says which code to scan', async () => {
    platform.scan.mockResolvedValue(`pages/event/event?scene=${ID}`);
    const { page, uni } = await show();
    await tap(page, 'scan');
    expect(uni.navigateTo).not.toHaveBeenCalled();
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '签到请扫会场大屏幕上的二维码' }));
  });
});

it('can be forwarded into the branch\'s group', async () => {
  await show({ title: '走进红色小屋' });
  expect(shared()).toEqual({ title: '走进红色小屋', path: `/pages/event/event?id=${ID}` });
});
