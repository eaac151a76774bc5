import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { Delivery, ReminderOverview, Reminder } from '@/api/reminders';
import { platform } from '../fakes/platform';
import { NOW, secretary } from '../fakes/nouns';
import { find, open, run, tap } from '../fakes/page';

const api = vi.hoisted(() => ({ reminders: { ofEvent: vi.fn() }, people: { me: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Reminders from '@/pkg-secretary/pages/reminders/reminders.vue';

const sent = { pending: 0, held: 0, sending: 0, sent: 31, refused: 2, failed: 0, skipped: 5 };
const plan = (part: Partial<Reminder> = {}): Reminder => ({ id: 'r1', kind: 'published', title: '活动通知', dueAt: '2026-12-10T06:00:00Z', state: 'done', counts: sent, sendNow: 'no', ...part });
const delivery = (memberName: string, state: Delivery['state'], reason = ''): Delivery => ({ reminderId: 'r1', memberId: memberName, memberName, orgName: '石桥村党支部', state, code: 0, reason, advice: '', at: '2026-12-10T06:00:00Z' });
const overview = (part: Partial<ReminderOverview> = {}): ReminderOverview => ({
  told: null, called: [], reach: { expected: 38, reachable: 31, unbound: 4, noGrant: 3, muted: 0 }, items: [plan()], deliveries: [delivery('李秀英', 'refused', '未授权提醒'), delivery('王建国', 'sent'), delivery('陈卫东', 'failed')],
  phone: [{ memberId: 'm2', memberName: '李秀英', orgName: '石桥村党支部', phoneMasked: '138****0002', why: '未授权提醒', advice: '' }], ...part,
});

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.reminders.ofEvent.mockResolvedValue(overview());
});
afterEach(() => { vi.useRealTimers(); });

it('says first who can be reached and why others cannot', async () => {
  const { page } = await open(Reminders, { id: 'e1' });
  expect(api.reminders.ofEvent).toHaveBeenCalledWith('e1');
  expect(find(page, 'reach').text().replace(/\s+/g, '')).toBe('31/38人能收到下一次微信提醒4人没有绑定微信，3人没有允许提醒');
});

it('lists whom to phone, with the reason', async () => {
  const { page } = await open(Reminders, { id: 'e1' });
  expect(page.text()).toContain('请打电话通知（1 人）');
  expect(find(page, 'phone-m2').text()).toContain('李秀英石桥村党支部 · 未授权提醒138****0002');
});

it('lists what did not arrive and nobody whom it did', async () => {
  const { page } = await open(Reminders, { id: 'e1' });
  const text = page.text();
  expect(find(page, 'reminder-published').text()).toContain('已送达 31');
  expect(find(page, 'reminder-published').text()).not.toContain('失败 0');
  expect(text).toContain('陈卫东没有说明');
  expect(text).not.toContain('王建国');
});

describe('the plan', () => {
  it.each<[Reminder['kind'], Reminder['state'], string]>([
    ['published', 'planned', '活动通知今天 14:00待发送'], ['day_before', 'sending', '提前一天提醒今天 14:00正在发送'], ['changed', 'done', '变更通知今天 14:00已发完'], ['cancelled', 'withdrawn', '取消通知今天 14:00已撤回'],
  ])('%s, %s', async (kind, state, words) => {
    api.reminders.ofEvent.mockResolvedValue(overview({ items: [plan({ kind, state })], phone: [], deliveries: [] }));
    const { page } = await open(Reminders, { id: 'e1' });
    expect(page.text().replace(/\s*\n\s*/g, '')).toContain(words);
  });
  it('may be none', async () => {
    api.reminders.ofEvent.mockResolvedValue(overview({ items: [], phone: [], deliveries: [] }));
    const { page } = await open(Reminders, { id: 'e1' });
    expect(find(page, 'empty').text()).toContain('没有安排微信提醒');
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
  await tap(page, 'reminders');
});
