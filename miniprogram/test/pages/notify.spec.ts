import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { branchMonth, me, NOW, secretary, template } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({
  people: { me: vi.fn() }, checkins: { batch: vi.fn() },
  reminders: { mutes: vi.fn(), setMutes: vi.fn(), templates: vi.fn(), grant: vi.fn(), month: vi.fn(), excuse: vi.fn(), askAgain: vi.fn(), usual: vi.fn(), setUsual: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Notify from '@/pages/notify/notify.vue';
import Month from '@/pkg-secretary/pages/month/month.vue';

const usual = { published: true, dayBefore: true, soon: false, recordReady: true };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  platform.storage.clear();
  platform.subscriptions.mockResolvedValue({ on: true, always: {} });
  api.people.me.mockResolvedValue(me());
  api.reminders.mutes.mockResolvedValue({ muted: ['news'] });
  api.reminders.setMutes.mockImplementation((muted: string[]) => Promise.resolve({ muted }));
  api.reminders.templates.mockResolvedValue({ items: [template({ remaining: 2 }), template({ id: 't2', kinds: ['not_held'], title: '待办' })] });
  api.reminders.month.mockResolvedValue(branchMonth());
  api.reminders.usual.mockResolvedValue(usual);
  api.reminders.setUsual.mockImplementation((_org: string, chosen: unknown) => Promise.resolve(chosen));
});
afterEach(() => { vi.useRealTimers(); });

it('a member switches topics off and on, and reads that changes always come', async () => {
  const { page } = await open(Notify);
  expect(find(page, 'topic-news').attributes('aria-checked')).toBe('false');
  expect(find(page, 'topic-before').attributes('aria-checked')).toBe('true');
  expect(find(page, 'always').text()).toContain('不能关');
  expect(find(page, 'grant-left').text()).toContain('还可提醒您 2 次');
  await tap(page, 'topic-before');
  expect(api.reminders.setMutes).toHaveBeenLastCalledWith(['news', 'before']);
  await tap(page, 'topic-news');
  expect(api.reminders.setMutes).toHaveBeenLastCalledWith(['before']);
  expect(find(page, 'topic-news').attributes('aria-checked')).toBe('true');
});

it('who has said yes for good gets more without a dialog, who has said no is shown where to change it', async () => {
  platform.subscriptions.mockResolvedValue({ on: true, always: { t1: 'accept' } });
  platform.askSubscribe.mockResolvedValue({ t1: 'accept' });
  api.reminders.grant.mockResolvedValue({ items: [template({ remaining: 3, setting: 'accept' })] });
  const { page } = await open(Notify);
  expect(find(page, 'grant-left').text()).toBe('还可提醒您 2 次，您已选总是允许，不再弹窗');
  await tap(page, 'remind');
  expect(find(page, 'grant-left').text()).toContain('还可提醒您 3 次');
  platform.subscriptions.mockResolvedValue({ on: false, always: {} });
  const again = await open(Notify);
  expect(find(again.page, 'grant-left').text()).toContain('您在微信里关闭了这些提醒');
  expect(find(again.page, 'remind').exists()).toBe(false);
  platform.subscriptions.mockResolvedValue({ on: true, always: {} });
  await tap(again.page, 'remind-open');
  expect(platform.openSubscriptions).toHaveBeenCalledTimes(1);
  expect(find(again.page, 'remind').exists()).toBe(true);
});

it('a secretary chooses the branch’s usual reminders', async () => {
  api.people.me.mockResolvedValue(secretary());
  const { page } = await open(Month, { org: 'b000000000001' });
  await tap(page, 'remind-soon');
  expect(api.reminders.setUsual).toHaveBeenCalledWith('b000000000001', { ...usual, soon: true });
  expect(find(page, 'remind-soon').attributes('aria-checked')).toBe('true');
});

it('a secretary says why the month is quiet, and takes it back', async () => {
  api.people.me.mockResolvedValue(secretary());
  api.reminders.excuse.mockResolvedValue(branchMonth({ quiet: { reason: 'other', note: '场地改造', byName: '张志强', at: '2026-12-10T06:00:00Z' } }));
  api.reminders.askAgain.mockResolvedValue(branchMonth());
  const { page } = await open(Month, { org: 'b000000000001' });
  expect(find(page, 'month-text').text()).toContain('还没有安排主题党日');
  await tap(page, 'excuse-open');
  await tap(page, 'excuse-other');
  await tap(page, 'excuse-yes');
  expect(api.reminders.excuse).not.toHaveBeenCalled(); // says what
  await type(page, 'excuse-note', '场地改造');
  await tap(page, 'excuse-yes');
  expect(api.reminders.excuse).toHaveBeenCalledWith('b000000000001', '2026-12', 'other', '场地改造');
  expect(find(page, 'month-text').text()).toContain('其他情况（场地改造）');
  expect(page.findAll('[data-testid="ask"]')).toHaveLength(0);
  await tap(page, 'ask-again');
  expect(find(page, 'month-text').text()).toContain('还没有安排');
});

it('the month of the message is shown, and its neighbours', async () => {
  const { page } = await open(Month, { org: 'b000000000001', month: '2027-01' });
  expect(api.reminders.month).toHaveBeenLastCalledWith('b000000000001', '2027-01');
  await tap(page, 'month-before');
  expect(api.reminders.month).toHaveBeenLastCalledWith('b000000000001', '2026-12');
});

it('what is said is about the month on the screen, also when the next one does not come', async () => {
  api.reminders.excuse.mockResolvedValue(branchMonth());
  const { page } = await open(Month, { org: 'b000000000001', month: '2026-12' });
  api.reminders.month.mockRejectedValue(new ApiError(0, 'no_network', '网络不通'));
  await tap(page, 'month-after');
  expect(find(page, 'month-text').text()).toContain('12月');
  await tap(page, 'excuse-open');
  await tap(page, 'excuse-yes');
  expect(api.reminders.excuse).toHaveBeenCalledWith('b000000000001', '2026-12', 'held_offline', '');
});

it('nothing is to be done about a month that is planned', async () => {
  api.reminders.month.mockResolvedValue(branchMonth({ planned: true }));
  const { page, uni } = await open(Month, { org: 'b000000000001' });
  expect(find(page, 'excuse-open').exists()).toBe(false);
  expect(find(page, 'plan-event').exists()).toBe(false);
  api.reminders.month.mockResolvedValue(branchMonth());
  const again = await open(Month, { org: 'b000000000001' });
  await tap(again.page, 'plan-event');
  expect(again.uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-secretary/pages/edit/edit' });
  expect(uni.navigateTo).not.toHaveBeenCalled();
});
