import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attendance, AttendanceStatus } from '@/api/checkins';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { attendance, counts, event } from '../fakes/nouns';
import { find, open, run, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ events: { get: vi.fn() }, checkins: { attendance: vi.fn(), changes: vi.fn() }, roll: { several: vi.fn(), undo: vi.fn() }, settlements: { failed: vi.fn(), hints: vi.fn() }, live: vi.fn() }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Roll from '@/pkg-secretary/pages/attendance/attendance.vue';

const person = (memberId: string, memberName: string, initials: string, status: AttendanceStatus = 'pending'): Attendance =>
  attendance({ memberId, memberName, initials, status, source: status === 'pending' ? '' : 'scan', at: status === 'present' ? '2026-12-10T07:00:00Z' : null });
const done = (...names: [string, boolean][]) => ({
  batchId: 'b1', undoUntil: new Date(Date.now() + 600_000).toISOString(),
  items: names.map(([memberName, changed]) => ({ changed, attendance: attendance({ memberName }) })),
});

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  api.live.mockReturnValue({ start: vi.fn(), stop: vi.fn() });
  api.events.get.mockResolvedValue(event());
  const items = [person('m1', '王建国', 'wjg'), person('m2', '李秀英', 'lxy'), person('m3', '张志强', 'zzq', 'present'), person('m4', '赵大勇', 'zdy', 'present')];
  api.checkins.attendance.mockResolvedValue({ items, next: '', counts: counts() });
  api.settlements.failed.mockResolvedValue({ items: [], total: 0, next: '' });
  api.settlements.hints.mockResolvedValue({ items: [], next: '' });
  api.roll.several.mockResolvedValue(done(['王建国', true], ['李秀英', true]));
  api.roll.undo.mockResolvedValue(done(['王建国', true], ['李秀英', true]));
});
afterEach(async () => { await run('unload'); });

describe('several at once', () => {
  it('ticks everybody of the filter, marks them and takes it all back', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'several-on');
    expect(find(page, 'several-mark').attributes('disabled')).toBeDefined();
    await tap(page, 'several-all');
    expect(find(page, 'several-mark').text()).toContain('给 2 人登记');
    await tap(page, 'several-mark');
    await tap(page, 'several-save');
    expect(api.roll.several).toHaveBeenCalledWith('e1', expect.any(String), ['m1', 'm2'], 'present', '');
    expect(find(page, 'snackbar').text()).toContain('2 人：已到');
    expect(find(page, 'several-off').exists()).toBe(false);
    await tap(page, 'undo-several');
    expect(api.roll.undo).toHaveBeenCalledWith('e1', 'b1');
    expect(find(page, 'snackbar').text()).toContain('已全部撤销');
    expect(find(page, 'undo-bar').exists()).toBe(false);
  });

  it('ticks by a tap on the row and leaves out by another', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'several-on');
    await tap(page, 'row-m1');
    await tap(page, 'row-m2');
    await tap(page, 'row-m1');
    expect(find(page, 'mark-save').exists()).toBe(false);
    await tap(page, 'several-mark');
    await tap(page, 'several-sick');
    await tap(page, 'several-save');
    expect(api.roll.several).toHaveBeenCalledWith('e1', expect.any(String), ['m2'], 'sick', '');
  });

  it('finds by the initials of a name before ticking all', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await type(page, 'search', 'LX');
    expect(find(page, 'row-m1').exists()).toBe(false);
    expect(find(page, 'row-m2').exists()).toBe(true);
  });

  it('wants a reason over what members did themselves, and says what was refused', async () => {
    api.roll.several.mockRejectedValue(new ApiError(409, 'event_cancelled', '张志强：这次活动已取消'));
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'tab-came');
    await tap(page, 'several-on');
    await tap(page, 'several-all');
    await tap(page, 'several-mark');
    await tap(page, 'several-late');
    expect(find(page, 'several-save').attributes('disabled')).toBeDefined();
    await type(page, 'several-reason', '核实后更正');
    await tap(page, 'several-save');
    expect(find(page, 'several-error').text()).toContain('张志强：这次活动已取消');
    expect(find(page, 'several-off').exists()).toBe(true);
  });

  it('says whom the undo left alone', async () => {
    api.roll.undo.mockResolvedValue(done(['王建国', true], ['李秀英', false]));
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'several-on');
    await tap(page, 'several-all');
    await tap(page, 'several-mark');
    await tap(page, 'several-save');
    await tap(page, 'undo-several');
    expect(find(page, 'snackbar').text()).toContain('李秀英后来又改过，没有动');
  });
});
