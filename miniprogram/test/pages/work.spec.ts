import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { DeadJob } from '@/api/work';
import { NOW } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ work: { list: vi.fn(), retry: vi.fn(), retryAll: vi.fn(), drop: vi.fn() }, people: { me: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Work from '@/pkg-committee/pages/work/work.vue';

const job = (id: string, part: Partial<DeadJob> = {}): DeadJob => ({
  id, kind: 'remind.send', title: '向一位党员发送提醒', subject: '“主题党日”的活动通知，发给李秀英', trouble: 'failing', why: '试了多次都没有成功', advice: '故障排除后点重试', attempts: 20,
  createdAt: '2026-12-10T01:00:00Z', diedAt: '2026-12-10T03:00:00Z', ...part,
});
const dead = (...items: DeadJob[]): void => { api.work.list.mockResolvedValue({ items, next: '', dropped: [] }); };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] });
  vi.resetAllMocks();
  dead(job('j1'), job('j2', { subject: '' }));
});
afterEach(() => { vi.useRealTimers(); });

it('says what was not done, why, and what to do', async () => {
  const { page } = await open(Work);
  const text = find(page, 'job-j1').text();
  for (const part of ['发给李秀英', '试了多次都没有成功', '故障排除后点重试', '试了 20 次 · 今天 11:00停下', 'j1']) expect(text).toContain(part);
});

it('has one or all of it tried again', async () => {
  const { page, uni } = await open(Work);
  dead(job('j2'));
  await tap(page, 'retry-j1');
  expect(api.work.retry).toHaveBeenCalledWith('j1');
  expect(find(page, 'job-j1').exists()).toBe(false);
  expect(find(page, 'retry-all').exists()).toBe(false); // one has its own button
  dead(job('j2'), job('j3'));
  api.work.retryAll.mockResolvedValue({ retried: 2 });
  const again = await open(Work);
  dead();
  await tap(again.page, 'retry-all');
  expect(again.uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '2 项已经重新开始' }));
  expect(find(again.page, 'empty').text()).toContain('没有没做完的工作');
  expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已经重新开始' }));
});

it('drops it for a reason, which is shown with who and when', async () => {
  const { page } = await open(Work);
  await tap(page, 'drop-j1');
  expect(find(page, 'drop-dialog-yes').attributes('disabled')).toBeDefined();
  await type(page, 'drop-dialog-reason', '活动已经结束');
  api.work.list.mockResolvedValue({ items: [], next: '', dropped: [{ id: 'j1', title: '', subject: '“主题党日”的活动通知', droppedAt: '2026-12-10T06:40:00Z', byName: '张部长', reason: '活动已经结束' }] });
  await tap(page, 'drop-dialog-yes');
  expect(api.work.drop).toHaveBeenCalledWith('j1', '活动已经结束');
  expect(find(page, 'dropped-j1').text()).toContain('今天 14:40 · 张部长：活动已经结束');
});

it('says that somebody else was faster, and reads the list anew', async () => {
  api.work.retry.mockRejectedValue(new ApiError(404, 'not_found', '没有找到，可能已经重试过'));
  const { page, uni } = await open(Work);
  dead();
  await tap(page, 'retry-j1');
  expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '没有找到，可能已经重试过' }));
  expect(find(page, 'job-j1').exists()).toBe(false);
});

it('goes on to the next page', async () => {
  api.work.list.mockResolvedValueOnce({ items: [job('j1')], next: 'j1', dropped: [] });
  const { page } = await open(Work);
  dead(job('j9'));
  await tap(page, 'load-more');
  expect(api.work.list).toHaveBeenLastCalledWith('j1');
  expect(find(page, 'job-j1').exists() && find(page, 'job-j9').exists()).toBe(true);
});
