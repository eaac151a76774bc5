import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { Load } from '@/api/reminders';
import { platform } from '../fakes/platform';
import { me, NOW, secretary } from '../fakes/nouns';
import { find, open, run, tap } from '../fakes/page';

const api = vi.hoisted(() => ({ reminders: { load: vi.fn(), setCeiling: vi.fn() }, people: { me: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import LoadPage from '@/pkg-committee/pages/load/load.vue';

const town = { id: 'o1', name: '阚疃镇党委', kind: 'committee' as const };
const village = { id: 'o2', name: '石桥村党支部', kind: 'branch' as const };
const load = (part: Partial<Load> = {}): Load => ({
  org: town, month: '2026-12', members: 40, messages: 180, average: 4.5, over: 2,
  bands: [{ from: 0, to: 3, members: 20 }, { from: 4, to: 6, members: 12 }, { from: 7, to: 9, members: 6 }, { from: 10, to: null, members: 2 }],
  kinds: [{ kind: 'published', title: '活动通知', messages: 100 }, { kind: 'day_before', title: '活动提醒', messages: 80 }],
  own: { org: town, members: 2, messages: 2, average: 1, over: 0 }, parts: [{ org: village, members: 38, messages: 178, average: 4.7, over: 2 }],
  months: ['07', '08', '09', '10', '11', '12'].map((month, index) => ({ month: `2026-${month}`, messages: index * 36 })),
  named: false, people: [], ceiling: { own: 0, most: 0, from: null, above: 0, editable: false }, ...part,
});
const flat = (text: string): string => text.replace(/\s+/g, '');

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.reminders.load.mockResolvedValue(load());
});
afterEach(() => { vi.useRealTimers(); });

it('shows the load of the organisation that I was appointed to, and leads to those below', async () => {
  const { page, uni } = await open(LoadPage);
  expect(api.reminders.load).toHaveBeenCalledWith(secretary().runs[0]?.id, '');
  expect(flat(find(page, 'sum').text())).toBe('人均4.5条微信提醒40人共收到180条。只放进小程序消息里的不算。');
  expect(flat(find(page, 'band-10').text())).toBe('10条以上2人');
  expect(find(page, 'kind-day_before').text()).toContain('80 条');
  expect(page.text()).toContain('本级党员');
  expect(find(page, 'part-o2').text()).toContain('2 人已到上限');
  await tap(page, 'part-o1');
  expect(uni.navigateTo).not.toHaveBeenCalled();
  await tap(page, 'part-o2');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-committee/pages/load/load?id=o2' });
});

it('goes back by months, and not into the future', async () => {
  const { page } = await open(LoadPage, { id: 'o1' });
  await tap(page, 'month-after');
  expect(api.reminders.load).toHaveBeenCalledTimes(1);
  await tap(page, 'month-before');
  expect(api.reminders.load).toHaveBeenLastCalledWith('o1', '2026-11');
});

it('names people only where the server does', async () => {
  const { page } = await open(LoadPage, { id: 'o2' });
  expect(page.text()).not.toContain('本支部各人');
  api.reminders.load.mockResolvedValue(load({ org: village, parts: [], named: true, people: [{ memberId: 'm1', memberName: '王建国', messages: 7 }] }));
  await run('pull');
  expect(page.text().replace(/\s+/g, '')).toContain('本支部各人（只有您能看到）王建国7条');
});

it('sets a ceiling no looser than above, and says why not', async () => {
  const ceiling = { own: 0, most: 8, from: { ...town, name: '利辛县委' }, above: 8, editable: true };
  api.reminders.load.mockResolvedValue(load({ ceiling }));
  const { page } = await open(LoadPage, { id: 'o1' });
  expect(find(page, 'ceiling').text()).toBe('每人每月 8 条（利辛县委规定）');
  await tap(page, 'ceiling-edit');
  expect(find(page, 'ceiling-10').exists()).toBe(false);
  expect(find(page, 'ceiling-0').text()).toBe('照上级的');
  await tap(page, 'ceiling-6');
  api.reminders.setCeiling.mockRejectedValueOnce(new ApiError(403, 'forbidden', '您没有这项权限')).mockResolvedValue({ ...ceiling, own: 6 });
  await tap(page, 'ceiling-save');
  expect(find(page, 'ceiling-sheet').text()).toContain('您没有这项权限');
  await tap(page, 'ceiling-save');
  expect(api.reminders.setCeiling).toHaveBeenLastCalledWith('o1', 6);
  expect(api.reminders.load).toHaveBeenCalledTimes(2);
});

it('lets only those set it who may', async () => {
  const { page } = await open(LoadPage, { id: 'o1' });
  expect(find(page, 'ceiling').text()).toBe('没有上限');
  expect(find(page, 'ceiling-edit').exists()).toBe(false);
});

it('asks who is not bound to bind first', async () => {
  api.people.me.mockResolvedValue(me({ member: null }));
  api.reminders.load.mockRejectedValue(new ApiError(403, 'not_bound', '请先绑定'));
  const { page } = await open(LoadPage);
  expect(find(page, 'needs-binding').exists()).toBe(true);
});
