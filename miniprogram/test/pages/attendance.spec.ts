import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attendance, AttendanceStatus } from '@/api/checkins';
import type { LiveState } from '@/api/live';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { attendance, counts, event } from '../fakes/nouns';
import { find, open, run, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ events: { get: vi.fn() }, checkins: { attendance: vi.fn(), mark: vi.fn(), changes: vi.fn() }, settlements: { failed: vi.fn(), hints: vi.fn() }, live: vi.fn() }));
let news: (state: LiveState) => void;
let joined: (yes: boolean) => void;
const line = { start: vi.fn(), stop: vi.fn() };
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Roll from '@/pkg-secretary/pages/attendance/attendance.vue';

const person = (memberId: string, memberName: string, status: AttendanceStatus = 'pending'): Attendance =>
  attendance({ memberId, memberName, status, source: status === 'pending' ? '' : 'scan', at: status === 'present' ? '2026-12-10T07:00:00Z' : null, revision: status === 'pending' ? 0 : 1 });
let people: Attendance[];

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  api.live.mockImplementation((_id: string, show: typeof news, connected: typeof joined) => { news = show; joined = connected; return line; });
  people = [person('m1', '王建国'), person('m2', '李秀英'), person('m3', '张志强', 'present'), person('m4', '陈卫东', 'sick')];
  api.events.get.mockResolvedValue(event());
  api.checkins.attendance.mockImplementation(() => Promise.resolve({ items: people, next: '', counts: counts({ expected: 40, present: 9, late: 0, leave: 3, exempt: 0, pending: 28 }) }));
  api.settlements.failed.mockResolvedValue({ items: [{ member: null, reason: 'code_expired', sentence: '签到码过期（可能是照片）', count: 7, lastAt: '2026-12-10T07:00:00Z' }], total: 7, next: '' });
  api.settlements.hints.mockResolvedValue({ items: [{ kind: 'one_device', sentence: '王建国、李秀英用同一部手机签到，可能是互相帮忙。', people: [] }], next: '' });
  api.checkins.changes.mockResolvedValue({ items: [], next: '' });
  api.checkins.mark.mockImplementation((_event: string, memberId: string, status: AttendanceStatus) => {
    people = people.map((item) => (item.memberId === memberId ? { ...item, status, source: 'roll', revision: item.revision + 1 } : item));
    return Promise.resolve({ attendance: people.find((item) => item.memberId === memberId) });
  });
});
afterEach(async () => { await run('unload'); vi.useRealTimers(); });

describe('where they were', () => {
  const scanned = (position: Attendance['position']): Attendance => ({ ...person('m3', '张志强', 'present'), position });
  it.each([['none', '未附位置'], ['near', '在附近'], ['far', '5 公里以外']] as const)('%s is said when the place has a position', async (position, words) => {
    people = [scanned(position)];
    api.events.get.mockResolvedValue(event({ place: { name: '村部', address: '', position: { lat: 30, lng: 114 }, radius: 300 } }));
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'tab-came');
    expect(find(page, 'row-m3').text()).toContain(words);
  });

  it('says nothing where there is nothing to compare with', async () => {
    people = [scanned('none')];
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'tab-came');
    expect(find(page, 'row-m3').text()).not.toContain('位置');
  });
});

describe('as it happens', () => {
  const same = counts({ expected: 40, present: 9, late: 0, leave: 3, exempt: 0, pending: 28 });
  const looks = (): number => api.checkins.attendance.mock.calls.length;
  it('reads the list again when somebody has come, once for a hall that comes at once', async () => {
    await open(Roll, { id: 'e1' });
    expect(api.live).toHaveBeenCalledWith('e1', expect.any(Function), expect.any(Function));
    vi.useFakeTimers();
    const before = looks();
    joined(true);
    for (let i = 0; i < 50; i++) news({ counts: same, items: [] });
    await vi.advanceTimersByTimeAsync(2000);
    expect(looks()).toBe(before + 1);
    news({ counts: same, items: [] });
    await vi.advanceTimersByTimeAsync(2000);
    expect(looks()).toBe(before + 2);
  });
  it('without a line looks again only when the counts have changed', async () => {
    await open(Roll, { id: 'e1' });
    vi.useFakeTimers();
    const before = looks();
    joined(false);
    news({ counts: same, items: [] });
    await vi.advanceTimersByTimeAsync(2000);
    expect(looks()).toBe(before);
    news({ counts: { ...same, present: 10, pending: 27 }, items: [] });
    await vi.advanceTimersByTimeAsync(2000);
    expect(looks()).toBe(before + 1);
  });
  it('hangs up when the page is left', async () => {
    await open(Roll, { id: 'e1' });
    line.stop.mockClear();
    await run('hide');
    expect(line.stop).toHaveBeenCalledTimes(1);
  });
});

describe('what may be worth a second look', () => {
  it('is told in words, and that it holds nobody back', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    expect(find(page, 'hint').text()).toContain('用同一部手机签到');
    expect(find(page, 'review').text()).toContain('不影响签到');
    expect(find(page, 'failed').text()).toContain('其他微信用户');
    expect(find(page, 'failed').text()).toContain('7 次');
  });
  it('is not there for those who may not see it', async () => {
    api.settlements.failed.mockRejectedValue(new ApiError(403, 'forbidden', '没有权限'));
    api.settlements.hints.mockRejectedValue(new ApiError(403, 'forbidden', '没有权限'));
    const { page } = await open(Roll, { id: 'e1' });
    expect(find(page, 'hint').exists()).toBe(false);
    expect(find(page, 'failed').exists()).toBe(false);
  });
});

it('shows the quorum where one is needed', async () => {
  api.checkins.attendance.mockResolvedValue({ items: people, next: '', counts: counts(), quorum: { voters: 23, needed: 12, present: 11, met: false, sentence: '不能表决。' } });
  const { page } = await open(Roll, { id: 'e1' });
  expect(find(page, 'quorum').text()).toContain('需到 12 人，已到 11 人，还差 1 人');
  expect(find(page, 'quorum-state').text()).toBe('不够');
});

describe('the list', () => {
  it('has the missing first, with counts on top', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    expect(find(page, 'row-m1').exists()).toBe(true);
    expect(find(page, 'row-m3').exists()).toBe(false);
    expect(find(page, 'count-expected').text()).toBe('40');
    expect(find(page, 'tab-missing').text()).toContain('2');
    expect(find(page, 'empty').exists()).toBe(false);
    await tap(page, 'tab-leave');
    expect(find(page, 'row-m4').text()).toContain('病假');
  });

  it('is searched by name', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await type(page, 'search', '秀英');
    expect(find(page, 'row-m1').exists()).toBe(false);
    expect(find(page, 'row-m2').exists()).toBe(true);
    await type(page, 'search', '没有这个人');
    expect(find(page, 'empty').text()).toContain('没有找到');
  });
});

describe('the roll', () => {
  it('marks by one tap and takes it back by another', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'mark-m1');
    expect(api.checkins.mark).toHaveBeenCalledWith('e000000000001', 'm1', 'present', undefined);
    expect(find(page, 'count-present').text()).toBe('10');
    expect(find(page, 'snackbar').text()).toContain('王建国：已到');
    await tap(page, 'undo');
    expect(api.checkins.mark).toHaveBeenLastCalledWith('e000000000001', 'm1', 'pending', expect.stringMatching(/.{2,}/));
    expect(find(page, 'row-m1').exists()).toBe(true);
  });

  it('opens a person for every other state, without a reason for a first mark', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'row-m2');
    expect(find(page, 'reason-input').exists()).toBe(false);
    expect(find(page, 'status-pending').exists()).toBe(false);
    await tap(page, 'status-duty');
    await tap(page, 'mark-save');
    expect(api.checkins.mark).toHaveBeenCalledWith('e000000000001', 'm2', 'duty', undefined);
    expect(find(page, 'snackbar').text()).toContain('公假');
  });

  it('wants a reason for a correction', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'tab-came');
    await tap(page, 'row-m3');
    await tap(page, 'status-late');
    expect(find(page, 'mark-save').attributes('disabled')).toBeDefined();
    await type(page, 'reason-input', '核实后更正');
    await tap(page, 'mark-save');
    expect(api.checkins.mark).toHaveBeenCalledWith('e000000000001', 'm3', 'late', '核实后更正');
    expect(find(page, 'undo').exists()).toBe(false);
  });

  it('wants none for a correction of its own marks', async () => {
    const { page } = await open(Roll, { id: 'e1' });
    people = people.map((item) => (item.memberId === 'm4' ? { ...item, source: 'roll' } : item));
    await run('show');
    await tap(page, 'tab-leave');
    await tap(page, 'row-m4');
    await tap(page, 'status-private');
    expect(find(page, 'reason-input').exists()).toBe(false);
    await tap(page, 'mark-save');
    expect(api.checkins.mark).toHaveBeenCalledWith('e000000000001', 'm4', 'private', undefined);
  });

  it('wants a reason for everything once the event is closed', async () => {
    api.events.get.mockResolvedValue(event({ state: 'closed', phase: 'closed' }));
    const { page } = await open(Roll, { id: 'e1' });
    expect(find(page, 'mark-m1').exists()).toBe(false);
    await tap(page, 'row-m1');
    expect(find(page, 'status-absent').exists()).toBe(true);
    await tap(page, 'status-present');
    expect(find(page, 'reason-input').exists()).toBe(true);
  });

  it('says what went wrong and changes nothing', async () => {
    api.checkins.mark.mockRejectedValue(new ApiError(409, 'event_cancelled', '活动已经取消'));
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'mark-m1');
    expect(find(page, 'snackbar').text()).toContain('活动已经取消');
    expect(find(page, 'count-present').text()).toBe('9');
  });

  it('shows how a record came about', async () => {
    api.checkins.changes.mockResolvedValue({ items: [{ revision: 1, from: 'pending', to: 'present', source: 'scan', at: '2026-12-10T07:00:00Z', by: null, reason: '' }], next: '' });
    const { page } = await open(Roll, { id: 'e1' });
    await tap(page, 'tab-came');
    await tap(page, 'row-m3');
    expect(find(page, 'mark-sheet').text()).toContain('已到（扫码）');
  });
});

it('draws a district list in portions and finds everybody by name', async () => {
  people = Array.from({ length: 200 }, (_none, index) => person(`p${index}`, `党员${index}`));
  const { page } = await open(Roll, { id: 'e1' });
  expect(page.findAll('[data-testid^=row-]')).toHaveLength(80);
  expect(find(page, 'show-more').text()).toContain('还有 120 人');
  await tap(page, 'show-more');
  expect(page.findAll('[data-testid^=row-]')).toHaveLength(160);
  await type(page, 'search', '党员199');
  expect(page.findAll('[data-testid^=row-]')).toHaveLength(1);
  expect(find(page, 'show-more').exists()).toBe(false);
});

it('does not list those who need not come among the missing, nor call them guests', async () => {
  people = [person('m1', '王建国'), attendance({ memberId: 'm9', memberName: '朱国诚', expected: false }), attendance({ memberId: 'm8', memberName: '外来同志', expected: false, status: 'present', at: '2026-12-10T07:00:00Z' })];
  const { page } = await open(Roll, { id: 'e1' });
  expect(find(page, 'row-m9').exists()).toBe(false);
  await tap(page, 'tab-leave');
  expect(find(page, 'row-m9').text()).toContain('免到');
  expect(find(page, 'row-m9').text()).not.toContain('列席');
  await tap(page, 'tab-came');
  expect(find(page, 'row-m8').text()).toContain('列席');
});

it('says who may not see the list', async () => {
  api.checkins.attendance.mockRejectedValue(new ApiError(403, 'forbidden', '您没有这项权限'));
  const { page } = await open(Roll, { id: 'e1' });
  expect(find(page, 'error').text()).toContain('您没有这项权限');
});

it('tells a guest branch that the list is a part of what is counted', async () => {
  const { page } = await open(Roll, { id: 'e1' });
  expect(find(page, 'part').text()).toContain('您管的 4 人');
  api.checkins.attendance.mockImplementation(() => Promise.resolve({ items: people, next: '', counts: counts({ expected: 4 }) }));
  await run('show');
  expect(find(page, 'part').exists()).toBe(false);
});
