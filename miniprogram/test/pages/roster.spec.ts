import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { RosterBranch, RosterImport, RosterRow } from '@/api/rosters';
import { me, orgDetail } from '../fakes/nouns';
import { find, open, run, tap } from '../fakes/page';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({
  people: { me: vi.fn() },
  orgs: { get: vi.fn() },
  rosters: {
    upload: vi.fn(), mine: vi.fn(), get: vi.fn(), rows: vi.fn(), decide: vi.fn(), settle: vi.fn(), apply: vi.fn(), discard: vi.fn(),
    exportPath: (id: string, format: string) => `/export/${id}.${format}`, templatePath: (id: string) => `/template/${id}`,
  },
}));
const { rosters } = api;
const saveFileOf = vi.hoisted(() => vi.fn(() => Promise.resolve()));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, saveFileOf, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Preview from '@/pkg-roster/pages/preview/preview.vue';
import Roster from '@/pkg-roster/pages/roster/roster.vue';

const counts = { new: 2, changed: 1, unchanged: 5, doubtful: 2, refused: 1, undecided: 2, writes: 3 };
const preview = (change: Partial<RosterImport> = {}): RosterImport => ({
  id: 'i1', orgId: 'd1', fileName: '花名册.xlsx', state: 'ready', problem: '', counts, read: 0, rows: 0, written: 0, branches: [], createdAt: '2026-12-10T06:00:00Z', expiresAt: '2026-12-11T06:00:00Z', appliedAt: null,
  summary: { sheets: [{ name: '机关', people: 10, total: 11, header: 3 }, { name: '说明', people: 0, total: 0, header: 0 }], dropped: [{ name: '身份证号码', identity: true }, { name: '民族', identity: false }], missing: 4 },
  ...change,
});
const row = (change: Partial<RosterRow> = {}): RosterRow => ({
  position: 7, sheet: '机关', line: 12, cell: 'K12', name: '李静', orgName: '机关党支部', kind: '', standing: '', phoneMasked: '139****0012', since: '', verdict: 'doubtful',
  sentence: '手机号不同', choices: ['take', 'apart', 'skip'], decision: '', known: { name: '李静', orgName: '机关党支部', phoneMasked: '139****0002' }, ...change,
});
const admin = (): ReturnType<typeof me> => me({ roles: [{ role: 'admin', orgId: 'd1', orgName: '颍东区委' }, { role: 'secretary', orgId: 'b1', orgName: '石桥村党支部' }] });

beforeEach(() => {
  vi.clearAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(admin());
  rosters.get.mockResolvedValue(preview());
  rosters.mine.mockResolvedValue({ items: [] });
  rosters.rows.mockResolvedValue({ items: [row(), row({ position: 8, name: '周敏', known: null, choices: ['apart', 'skip'] })], next: '' });
});
afterEach(() => { vi.useRealTimers(); });

describe('the roster page', () => {
  it('sends the chosen file and goes on to the preview', async () => {
    const bytes = new ArrayBuffer(3);
    platform.pickTable.mockResolvedValueOnce({ name: '花名册.xlsx', bytes });
    rosters.upload.mockResolvedValueOnce(preview());
    const { page, uni } = await open(Roster);
    await tap(page, 'pick-table');
    expect(rosters.upload).toHaveBeenCalledWith('d1', '花名册.xlsx', bytes);
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-roster/pages/preview/preview?id=i1' });
  });
  it('is of the organisation whose page led here, and of the whole on a tap', async () => {
    api.orgs.get.mockResolvedValue(orgDetail({ id: 'b7', name: '柳湾村党支部' }));
    const { page } = await open(Roster, { org: 'b7' });
    expect(rosters.mine).toHaveBeenLastCalledWith('b7');
    await tap(page, 'export-csv');
    expect(saveFileOf).toHaveBeenLastCalledWith('柳湾村党支部花名册.csv', '/export/b7.csv');
    await tap(page, 'org-d1');
    await tap(page, 'export-csv');
    expect(saveFileOf).toHaveBeenLastCalledWith('颍东区委花名册.csv', '/export/d1.csv');
  });
  it('says what is wrong with a file', async () => {
    platform.pickTable.mockResolvedValueOnce({ name: '花名册.xlsm', bytes: new ArrayBuffer(3) });
    rosters.upload.mockRejectedValueOnce(new ApiError(400, 'file_macros', '文件里带有宏'));
    const { page, uni } = await open(Roster);
    await tap(page, 'pick-table');
    expect(find(page, 'upload-error').text()).toBe('文件里带有宏');
    expect(uni.navigateTo).not.toHaveBeenCalled();
  });
  it('shows how far the reading is, and stops it', async () => {
    vi.useFakeTimers();
    platform.pickTable.mockResolvedValueOnce({ name: '花名册.xlsx', bytes: new ArrayBuffer(3) });
    let refuse: (problem: unknown) => void = () => undefined;
    rosters.upload.mockReturnValueOnce(new Promise((_, reject) => { refuse = reject; }));
    rosters.discard.mockResolvedValue(undefined);
    const { page } = await open(Roster);
    const far = (read: number, rows: number): unknown => ({ items: [preview({ state: 'reading', read, rows })] });
    rosters.mine.mockResolvedValueOnce({ items: [] }).mockResolvedValueOnce(far(500, 0)).mockResolvedValueOnce(far(500, 1200));
    await tap(page, 'pick-table');
    const said: string[] = [];
    for (let n = 0; n < 3; n++) {
      await flushPromises();
      said.push(find(page, 'reading').text());
      await vi.advanceTimersByTimeAsync(700);
    }
    expect(said).toEqual(['正在上传…', '已读 500 人取消', '正在核对 500 / 1200 人取消']);
    rosters.mine.mockResolvedValueOnce(far(1000, 1200));
    await vi.advanceTimersByTimeAsync(700);
    await tap(page, 'stop-reading');
    expect(rosters.discard).toHaveBeenCalledWith('i1');
    refuse(new ApiError(409, 'import_stopped', '已取消，没有导入任何内容'));
    await flushPromises();
    expect(find(page, 'reading').exists() || find(page, 'upload-error').exists()).toBe(false);
    await run('unload');
  });
  it('goes on with a preview that waits', async () => {
    rosters.mine.mockResolvedValue({ items: [preview()] });
    const { page, uni } = await open(Roster);
    expect(find(page, 'go-on').text()).toContain('存疑 2 条没有定');
    await tap(page, 'go-on');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-roster/pages/preview/preview?id=i1' });
  });
  it('sends nothing when nobody chose a file', async () => {
    const { page } = await open(Roster);
    await tap(page, 'pick-table');
    expect(rosters.upload).not.toHaveBeenCalled();
  });
  it.each([['template', '花名册模板.xlsx', '/template/d1'], ['export-xlsx', '颍东区委花名册.xlsx', '/export/d1.xlsx'], ['export-csv', '颍东区委花名册.csv', '/export/d1.csv']])('gives the %s', async (name, file, path) => {
    const { page } = await open(Roster);
    await tap(page, name);
    expect(saveFileOf).toHaveBeenCalledWith(file, path);
  });
  it('lets an admin of two organisations choose, and shows nothing to others', async () => {
    api.people.me.mockResolvedValue(me({ roles: [{ role: 'admin', orgId: 'd1', orgName: '颍东区委' }, { role: 'admin', orgId: 'd2', orgName: '冉庙乡党委' }] }));
    const { page } = await open(Roster);
    await tap(page, 'org-d2');
    await tap(page, 'export-csv');
    expect(saveFileOf).toHaveBeenCalledWith('冉庙乡党委花名册.csv', '/export/d2.csv');
    api.people.me.mockResolvedValue(me());
    platform.secrets.clear();
    expect(find((await open(Roster)).page, 'pick-table').exists()).toBe(false);
  });
});

describe('the preview', () => {
  it('opens at the doubtful, tells what was dropped, and waits for decisions', async () => {
    const { page } = await open(Preview, { id: 'i1' });
    expect(rosters.rows).toHaveBeenCalledWith('i1', 'doubtful', '');
    expect(find(page, 'row-7').text()).toContain('花名册里：李静 · 机关党支部 · 139****0002');
    expect(find(page, 'row-7').text()).toContain('机关 · 第 12 行 · K12');
    expect(find(page, 'apart-8').text()).toBe('照样导入');
    expect(find(page, 'identity').text()).toContain('身份证号码');
    expect(find(page, 'dropped').text()).toContain('民族');
    expect(find(page, 'totals').text()).toBe('机关合计写 11 人，读到 10 人');
    expect(find(page, 'missing').text()).toContain('4 人');
    expect(find(page, 'undecided').text()).toContain('2 条');
    expect(find(page, 'apply').attributes('disabled')).toBeDefined();
  });
  it('decides one row, and all that are left', async () => {
    rosters.decide.mockResolvedValueOnce(preview({ counts: { ...counts, undecided: 1 } })).mockResolvedValueOnce(preview({ counts: { ...counts, undecided: 0 } }));
    rosters.get.mockResolvedValue(preview({ counts: { ...counts, doubtful: 3, undecided: 3 } }));
    const { page } = await open(Preview, { id: 'i1' });
    await tap(page, 'skip-all');
    expect(rosters.decide).toHaveBeenCalledWith('i1', 'skip', []);
    await tap(page, 'take-7');
    expect(rosters.decide).toHaveBeenLastCalledWith('i1', 'take', [7]);
    expect(find(page, 'take-7').classes()).toContain('on');
    expect(find(page, 'skip-8').classes()).toContain('on');
  });
  it('turns to another verdict and reads on', async () => {
    const { page } = await open(Preview, { id: 'i1' });
    rosters.rows.mockResolvedValueOnce({ items: [row({ position: 1, verdict: 'new', choices: [], known: null })], next: '1' });
    await tap(page, 'tab-new');
    await tap(page, 'load-more');
    expect(rosters.rows).toHaveBeenLastCalledWith('i1', 'new', '1');
  });
  it('leaves a single new row out, and takes it in again', async () => {
    rosters.get.mockResolvedValue(preview({ counts: { ...counts, doubtful: 0, undecided: 0 } }));
    rosters.rows.mockResolvedValue({ items: [row({ position: 1, verdict: 'new', choices: [], known: null })], next: '' });
    rosters.decide.mockResolvedValueOnce(preview({ counts: { ...counts, undecided: 0, writes: 2 } })).mockResolvedValueOnce(preview());
    const { page } = await open(Preview, { id: 'i1' });
    await tap(page, 'skip-1');
    expect(rosters.decide).toHaveBeenLastCalledWith('i1', 'skip', [1]);
    expect(find(page, 'skip-1').text()).toContain('恢复');
    await tap(page, 'skip-1');
    expect(rosters.decide).toHaveBeenLastCalledWith('i1', '', [1]);
  });
  it('offers to make a branch that is not known, or to take it for another one', async () => {
    const branch = (change: Partial<RosterBranch> = {}): RosterBranch => ({
      position: 1, name: '新桥村', newName: '新桥村党支部', people: 3, decision: '', orgName: '', candidates: [{ id: 'b2', name: '大李村党支部', kind: 'branch' }], ...change,
    });
    rosters.get.mockResolvedValue(preview({ branches: [branch(), branch({ position: 2, name: '外村', newName: '', candidates: [] })] }));
    rosters.settle.mockResolvedValueOnce(preview({ branches: [branch({ decision: 'create', orgName: '新桥村党支部' })] }))
      .mockResolvedValueOnce(preview({ branches: [branch({ decision: 'map', orgName: '大李村党支部' })] }));
    const { page } = await open(Preview, { id: 'i1' });
    expect(find(page, 'branch-1').text()).toContain('没有定');
    expect(find(page, 'create-2').exists() || find(page, 'map-2').exists()).toBe(false);
    await tap(page, 'create-1');
    expect(rosters.settle).toHaveBeenLastCalledWith('i1', 1, 'create', undefined);
    expect(find(page, 'branch-1').text()).toContain('写入时新建“新桥村党支部”');
    await tap(page, 'map-1');
    await tap(page, 'candidate-b2');
    expect(rosters.settle).toHaveBeenLastCalledWith('i1', 1, 'map', 'b2');
    expect(find(page, 'branch-1').text()).toContain('归到“大李村党支部”');
    expect(rosters.rows).toHaveBeenCalledTimes(3);
  });
  it('writes, shows how far it is, and what came of it', async () => {
    vi.useFakeTimers();
    const settled = preview({ counts: { ...counts, undecided: 0 } });
    rosters.get.mockResolvedValueOnce(settled);
    rosters.apply.mockResolvedValue({ ...settled, state: 'applying' });
    const { page } = await open(Preview, { id: 'i1' });
    rosters.get.mockResolvedValueOnce({ ...settled, state: 'applying', written: 1 }).mockResolvedValueOnce({ ...settled, state: 'applied', written: 3 });
    await tap(page, 'apply');
    await tap(page, 'apply-dialog-yes');
    expect(find(page, 'import-state').text()).toContain('正在写入 1 / 3');
    await vi.advanceTimersByTimeAsync(1000);
    await flushPromises();
    expect(find(page, 'import-state').text()).toContain('已写入 3 人');
    await run('unload');
  });
  it('says why nothing was written', async () => {
    rosters.get.mockResolvedValue(preview({ state: 'failed', problem: '预览之后花名册又有改动' }));
    const { page } = await open(Preview, { id: 'i1' });
    expect(find(page, 'import-state').text()).toContain('又有改动');
    expect(find(page, 'apply').exists()).toBe(false);
  });
  it('forgets an import, and has nothing to write when all is as it was', async () => {
    rosters.get.mockResolvedValue(preview({ counts: { ...counts, new: 0, changed: 0, doubtful: 0, undecided: 0, writes: 0 } }));
    rosters.discard.mockResolvedValue(undefined);
    const { page, uni } = await open(Preview, { id: 'i1' });
    expect(find(page, 'nothing').exists()).toBe(true);
    await tap(page, 'discard');
    expect(rosters.discard).toHaveBeenCalledWith('i1');
    expect(uni.navigateBack).toHaveBeenCalled();
  });
});
