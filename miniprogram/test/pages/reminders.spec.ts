import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { Delivery, DeliveryPage, Reminder, ReminderOverview, Told } from '@/api/reminders';
import { platform } from '../fakes/platform';
import { NOW, secretary } from '../fakes/nouns';
import { find, open, run, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ reminders: { ofEvent: vi.fn(), tick: vi.fn(), sendNow: vi.fn(), deliveries: vi.fn() }, members: { phone: vi.fn() }, people: { me: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Deliveries from '@/pkg-secretary/pages/deliveries/deliveries.vue';
import Reminders from '@/pkg-secretary/pages/reminders/reminders.vue';

const counts = { pending: 0, held: 0, sending: 0, sent: 31, refused: 2, failed: 0, skipped: 5 };
const plan = (part: Partial<Reminder> = {}): Reminder => ({ id: 'r1', kind: 'published', title: '活动通知', dueAt: '2026-12-10T06:00:00Z', state: 'done', counts, sendNow: 'no', ...part });
const told = (part: Partial<Told> = {}): Told => ({ newsId: 'r1', title: '活动通知', at: '2026-12-10T06:00:00Z', expected: 38, wechat: 31, read: 2, answered: 0, phoned: 1, waiting: 3, missed: 1, ...part });
const missed: ReminderOverview['phone'][number] = { memberId: 'm2', memberName: '李秀英', orgName: '石桥村党支部', phoneMasked: '138****0002', why: '未授权提醒', advice: '请他在活动页点一次“提醒我”。' };
const overview = (part: Partial<ReminderOverview> = {}): ReminderOverview => ({
  told: told(), reach: { expected: 38, reachable: 31, unbound: 4, noGrant: 2, muted: 0, spared: 1 }, items: [plan()], deliveries: [],
  phone: [missed],
  called: [{ memberId: 'm3', memberName: '陈卫东', orgName: '石桥村党支部', byName: '张书记', at: '2026-12-10T06:30:00Z' }], ...part,
});
const flat = (text: string): string => text.replace(/\s+/g, '');

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.reminders.ofEvent.mockResolvedValue(overview());
  api.reminders.tick.mockResolvedValue({ memberId: 'm2', told: true, at: '' });
});
afterEach(() => { vi.useRealTimers(); });

it('says first who knows, and who can be reached next', async () => {
  const { page } = await open(Reminders, { id: 'e1' });
  expect(api.reminders.ofEvent).toHaveBeenCalledWith('e1');
  expect(flat(find(page, 'told').text())).toBe('活动通知·今天14:0034/38人已经知道微信送达31站内已看2电话已通知1还在路上3还没通知到1');
  expect(flat(find(page, 'reach').text())).toBe('下一次微信提醒能收到31/38人4人没有绑定微信，2人没有允许提醒，1人本月已到上限');
});
it('says nothing of who knows before the first news', async () => {
  api.reminders.ofEvent.mockResolvedValue(overview({ told: null, phone: [], called: [] }));
  const { page } = await open(Reminders, { id: 'e1' });
  expect(find(page, 'told').exists()).toBe(false);
});

describe('the phone list', () => {
  it('says why, and what would help', async () => {
    const { page } = await open(Reminders, { id: 'e1' });
    expect(page.text()).toContain('请打电话通知（1 人）');
    expect(flat(find(page, 'phone-m2').text())).toBe('李秀英石桥村党支部·未授权提醒打过了138****0002请他在活动页点一次“提醒我”。');
    expect(find(page, 'called-m3').text()).toContain('张书记 · 今天 14:30');
  });
  it('dials a number that is on record, and forgets it', async () => {
    api.members.phone.mockResolvedValue({ phone: '13812340002' });
    const { page, uni } = await open(Reminders, { id: 'e1' });
    await tap(page, 'call-m2');
    expect(api.members.phone).toHaveBeenCalledWith('m2');
    expect(find(page, 'phone-sheet').text()).toContain('李秀英');
    expect(find(page, 'phone-number').text()).toBe('13812340002');
    await tap(page, 'dial');
    expect(uni.makePhoneCall).toHaveBeenCalledWith({ phoneNumber: '13812340002' });
    expect(page.text()).not.toContain('13812340002');
  });
  it('leaves those of another branch to its secretary, and names who has no number', async () => {
    api.members.phone.mockRejectedValue(new ApiError(404, 'not_found', '没有找到'));
    api.reminders.ofEvent.mockResolvedValue(overview({ phone: [missed, { ...missed, memberId: 'm4', memberName: '周大爷', phoneMasked: '' }] }));
    const { page, uni } = await open(Reminders, { id: 'e1' });
    expect(find(page, 'call-m4').exists()).toBe(false);
    expect(find(page, 'phone-m4').text()).toContain('没有登记手机');
    await tap(page, 'call-m2');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '不是本支部的党员，请对方支部书记打电话' }));
  });
  it('ticks somebody for the news on the screen, and takes that back', async () => {
    const { page } = await open(Reminders, { id: 'e1' });
    await tap(page, 'tick-m2');
    expect(api.reminders.tick).toHaveBeenCalledWith('e1', 'm2', expect.stringMatching(/.{10,64}/), 'r1', true);
    expect(api.reminders.ofEvent).toHaveBeenCalledTimes(2);
    expect(find(page, 'snackbar').text()).toContain('李秀英：已电话通知');
    await tap(page, 'undo');
    expect(api.reminders.tick).toHaveBeenLastCalledWith('e1', 'm2', expect.any(String), 'r1', false);
    await tap(page, 'untick-m3');
    expect(api.reminders.tick).toHaveBeenLastCalledWith('e1', 'm3', expect.any(String), 'r1', false);
  });
  it('shows other news when it has come meanwhile', async () => {
    api.reminders.tick.mockRejectedValue(new ApiError(409, 'news_changed', '活动内容刚有变动'));
    const { page, uni } = await open(Reminders, { id: 'e1' });
    api.reminders.ofEvent.mockResolvedValue(overview({ told: told({ newsId: 'r2', title: '变更通知' }) }));
    await tap(page, 'tick-m2');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '活动内容刚有变动' }));
    expect(find(page, 'told').text()).toContain('变更通知');
  });
});

describe('the plan', () => {
  it.each<[Reminder['kind'], Reminder['state'], string]>([
    ['published', 'planned', '活动通知待发送今天 14:00 发送'], ['day_before', 'sending', '提前一天提醒正在发送今天 14:00'], ['changed', 'done', '变更通知已发完今天 14:00'], ['cancelled', 'withdrawn', '取消通知已撤回原定 今天 14:00，活动有变动，没发的都撤回了'],
  ])('%s, %s', async (kind, state, words) => {
    api.reminders.ofEvent.mockResolvedValue(overview({ items: [plan({ kind, state })] }));
    const { page } = await open(Reminders, { id: 'e1' });
    expect(page.text().replace(/\s*\n\s*/g, '')).toContain(words);
  });
  it('shows how it went, and the way to the people', async () => {
    const { page, uni } = await open(Reminders, { id: 'e1' });
    expect(flat(find(page, 'reminder-published').text())).toContain('已送达31没收到7');
    await tap(page, 'people-published');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/deliveries/deliveries?id=e1&reminder=r1' });
  });
  it('may be none, or of a kind that this client does not know', async () => {
    api.reminders.ofEvent.mockResolvedValueOnce(overview({ items: [] })).mockResolvedValue(overview({ items: [plan({ kind: 'later' as never, title: '以后才有的提醒' })] }));
    const { page } = await open(Reminders, { id: 'e1' });
    expect(find(page, 'empty').text()).toContain('没有安排微信提醒');
    await run('pull');
    expect(find(page, 'reminder-later').text()).toContain('以后才有的提醒');
  });
});

describe('send now', () => {
  const planned = (sendNow: Reminder['sendNow']) => overview({ items: [plan({ state: 'planned', sendNow, counts: { ...counts, sent: 0, refused: 0, skipped: 0 } })] });
  it('asks, and shows what has become of it', async () => {
    api.reminders.ofEvent.mockResolvedValue(planned('yes'));
    api.reminders.sendNow.mockResolvedValue(overview({ items: [plan({ state: 'sending' })] }));
    const { page } = await open(Reminders, { id: 'e1' });
    await tap(page, 'now-published');
    expect(find(page, 'now-dialog').text()).toContain('每人只会收到一次');
    await tap(page, 'now-dialog-yes');
    expect(api.reminders.sendNow).toHaveBeenCalledWith('e1', 'r1', false);
    expect(find(page, 'reminder-published').text()).toContain('正在发送');
  });
  it('warns by night, and when the night has begun since', async () => {
    api.reminders.ofEvent.mockResolvedValue(planned('night'));
    const { page } = await open(Reminders, { id: 'e1' });
    await tap(page, 'now-published');
    expect(find(page, 'now-dialog').text()).toContain('现在是夜间');
    api.reminders.ofEvent.mockResolvedValue(planned('yes'));
    await run('pull');
    await tap(page, 'now-published');
    api.reminders.sendNow.mockRejectedValueOnce(new ApiError(409, 'quiet_hours', '现在是夜间')).mockResolvedValue(planned('no'));
    await tap(page, 'now-dialog-yes');
    expect(find(page, 'now-dialog').text()).toContain('真的要发吗');
    await tap(page, 'now-dialog-yes');
    expect(api.reminders.sendNow).toHaveBeenLastCalledWith('e1', 'r1', true);
  });
  it('says why it cannot', async () => {
    api.reminders.ofEvent.mockResolvedValue(planned('yes'));
    api.reminders.sendNow.mockRejectedValue(new ApiError(409, 'too_late', '活动已经开始'));
    const { page } = await open(Reminders, { id: 'e1' });
    await tap(page, 'now-published');
    await tap(page, 'now-dialog-yes');
    expect(find(page, 'now-dialog').text()).toContain('活动已经开始');
  });
  it('is not offered when nothing waits', async () => {
    const { page } = await open(Reminders, { id: 'e1' });
    expect(find(page, 'now-published').exists()).toBe(false);
  });
});

it('is asked anew by pulling down, and says why it may not be seen', async () => {
  api.reminders.ofEvent.mockRejectedValueOnce(new ApiError(403, 'forbidden', '您没有这项权限'));
  const { page, uni } = await open(Reminders, { id: 'e1' });
  expect(find(page, 'error').text()).toContain('您没有这项权限');
  await run('pull');
  expect(uni.stopPullDownRefresh).toHaveBeenCalled();
  expect(find(page, 'reach').exists()).toBe(true);
  api.reminders.ofEvent.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
  await run('pull');
  expect(find(page, 'stale').text()).toContain('网络不通');
});

describe('person by person', () => {
  const one = (memberName: string, state: Delivery['state'], part: Partial<Delivery> = {}): Delivery => ({ reminderId: 'r1', memberId: memberName, memberName, orgName: '石桥村党支部', state, channel: 'subscribe', code: 0, reason: '', advice: '', at: '2026-12-10T06:00:00Z', ...part });
  const page1 = (part: Partial<DeliveryPage> = {}): DeliveryPage => ({ title: '活动通知', counts, items: [one('李秀英', 'refused', { reason: '未授权提醒', advice: '请他在活动页点一次“提醒我”。' })], next: '', ...part });

  it('begins with whom it did not reach: why, and what to do', async () => {
    api.reminders.deliveries.mockResolvedValue(page1());
    const { page } = await open(Deliveries, { id: 'e1', reminder: 'r1' });
    expect(api.reminders.deliveries).toHaveBeenCalledWith('e1', 'r1', ['refused', 'failed', 'skipped'], '', '');
    expect(flat(find(page, 'delivery-李秀英').text())).toBe('李秀英石桥村党支部·未授权提醒请他在活动页点一次“提醒我”。未授权');
    expect(find(page, 'tab-problem').text()).toContain('7');
  });
  it('keeps the piles apart when one is chosen while another goes on', async () => {
    let later: (page: DeliveryPage) => void = () => { /* until it is asked */ };
    api.reminders.deliveries.mockResolvedValueOnce(page1({ next: 'm1' }))
      .mockReturnValueOnce(new Promise<DeliveryPage>((resolve) => { later = resolve; }))
      .mockResolvedValueOnce(page1({ items: [one('王建国', 'sent')] }));
    const { page } = await open(Deliveries, { id: 'e1', reminder: 'r1' });
    await tap(page, 'load-more');
    await tap(page, 'tab-sent');
    later(page1({ items: [one('赵敏', 'failed')] }));
    await tap(page, 'search'); // lets the answer come
    expect(find(page, 'delivery-王建国').exists()).toBe(true);
    expect(find(page, 'delivery-赵敏').exists()).toBe(false);
  });
  it('shows the other piles, searches, and goes on', async () => {
    api.reminders.deliveries.mockResolvedValue(page1({ items: [one('王建国', 'sent')], next: 'm9' }));
    const { page } = await open(Deliveries, { id: 'e1', reminder: 'r1' });
    await tap(page, 'tab-sent');
    expect(api.reminders.deliveries).toHaveBeenLastCalledWith('e1', 'r1', ['sent'], '', '');
    expect(find(page, 'delivery-王建国').text()).toContain('今天 14:00');
    api.reminders.deliveries.mockResolvedValue(page1({ items: [one('陈卫东', 'sent')] }));
    await tap(page, 'load-more');
    expect(api.reminders.deliveries).toHaveBeenLastCalledWith('e1', 'r1', ['sent'], '', 'm9');
    expect(page.findAll('[data-testid^="delivery-"]')).toHaveLength(2);
    await type(page, 'search', '王');
    await vi.waitFor(() => { expect(api.reminders.deliveries).toHaveBeenLastCalledWith('e1', 'r1', ['sent'], '王', ''); });
  });
  it('says so when a pile is empty', async () => {
    api.reminders.deliveries.mockResolvedValue(page1({ items: [] }));
    const { page } = await open(Deliveries, { id: 'e1', reminder: 'r1' });
    expect(find(page, 'empty').text()).toContain('没有人漏掉');
  });
});
