import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { AuditEntry } from '@/api/audit';
import type { Correction, MyData } from '@/api/mydata';
import { me, orgDetail } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({
  people: { me: vi.fn() },
  orgs: { get: vi.fn() },
  mydata: { get: vi.fn(), looks: vi.fn(), correct: vi.fn(), withdrawLocation: vi.fn(), close: vi.fn(), keep: vi.fn(), exportPath: (format: string) => `/data.${format}`, corrections: vi.fn(), answer: vi.fn() },
  audit: { list: vi.fn(), exportPath: ({ action }: { action: string }) => `/audit.csv?${action}` },
}));
const { mydata, audit } = api;
const saveFileOf = vi.hoisted(() => vi.fn(() => Promise.resolve()));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, saveFileOf, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Audit from '@/pkg-data/pages/audit/audit.vue';
import Corrections from '@/pkg-data/pages/corrections/corrections.vue';
import Data from '@/pkg-data/pages/data/data.vue';
import Looks from '@/pkg-data/pages/looks/looks.vue';

const correction = (change: Partial<Correction> = {}): Correction => ({
  id: 'c1', memberId: 'm1', memberName: '李秀英', orgName: '石桥村党支部', field: 'since', wanted: '1989年6月', state: 'open', answer: '', answeredAt: null, createdAt: '2026-12-10T06:00:00Z', ...change,
});
const data = (change: Partial<MyData> = {}): MyData => ({
  categories: [{ key: 'attendance', title: '签到记录', why: '支部的活动记录', until: '由支部管理', count: 12 }], corrections: [], closingAt: null, graceDays: 7, ...change,
});
const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  id: 'a1', at: '2026-12-10T06:00:00Z', action: 'attendance.corrected', title: '更正签到', by: { id: 'm9', name: '王建国', orgName: '石桥村党支部' }, subject: '李秀英', orgName: '石桥村党支部',
  network: '203.0.113.0/24', detail: [{ label: '改为', value: '病假' }], sealed: true, ...change,
});

beforeEach(() => {
  vi.clearAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(me({ roles: [{ role: 'secretary', orgId: 'b1', orgName: '石桥村党支部' }] }));
  mydata.get.mockResolvedValue(data());
  audit.list.mockResolvedValue({ items: [entry()], next: 'n1' });
});

describe('what is held about me', () => {
  it('shows each kind with why and until when, and gives it along', async () => {
    const { page } = await open(Data);
    expect(find(page, 'kind-attendance').text()).toContain('12 条');
    await tap(page, 'export-html');
    await tap(page, 'export-json');
    expect(saveFileOf.mock.calls).toEqual([['我的信息.html', '/data.html'], ['我的信息.json', '/data.json']]);
  });
  it('asks the secretary for a correction, and says why not', async () => {
    mydata.correct.mockRejectedValueOnce(new ApiError(400, 'phone_in_text', '请不要在这里填写手机号')).mockResolvedValueOnce(data({ corrections: [correction()] }));
    const { page } = await open(Data);
    await tap(page, 'correct');
    await tap(page, 'field-since');
    await type(page, 'wanted', '1989年6月');
    await tap(page, 'correct-send');
    expect(find(page, 'correct-error').text()).toContain('手机号');
    await tap(page, 'correct-send');
    expect(mydata.correct).toHaveBeenLastCalledWith('since', '1989年6月');
    expect(find(page, 'correction').text()).toContain('等书记处理');
  });
  it('withdraws the location, here and on the server', async () => {
    mydata.withdrawLocation.mockResolvedValueOnce({ removed: 3 });
    const { page, uni } = await open(Data);
    await tap(page, 'withdraw');
    await tap(page, 'withdraw-dialog-yes');
    expect(platform.storage.get('sharePosition')).toBe(false);
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已抹掉 3 条位置' }));
  });
  it('closes the account after days in which it can be taken back', async () => {
    mydata.close.mockResolvedValueOnce(data({ closingAt: '2026-12-17T06:00:00Z' }));
    mydata.keep.mockResolvedValueOnce(data());
    const { page } = await open(Data);
    await tap(page, 'close-account');
    expect(find(page, 'close-dialog').text()).toContain('会保留');
    await tap(page, 'close-dialog-yes');
    expect(find(page, 'closing').text()).toContain('12月17日');
    await tap(page, 'keep-account');
    expect(find(page, 'closing').exists()).toBe(false);
  });
  it('names who has looked, a page at a time', async () => {
    const look = { at: '2026-12-10T06:00:00Z', name: '王建国', orgName: '石桥村党支部', title: '查看党员名单' };
    mydata.looks.mockResolvedValueOnce({ items: [look], next: 'n' }).mockResolvedValueOnce({ items: [look], next: '' });
    const { page } = await open(Looks);
    await tap(page, 'load-more');
    expect(mydata.looks).toHaveBeenLastCalledWith('n');
    expect(page.findAll('[data-testid="look"]')).toHaveLength(2);
  });
});

describe('the record of what was done', () => {
  it('is narrowed by kind, read on and exported as it is shown', async () => {
    const { page } = await open(Audit);
    expect(find(page, 'entry').text()).toContain('改为：病假');
    await tap(page, 'noun-attendance');
    expect(audit.list).toHaveBeenLastCalledWith(expect.objectContaining({ action: 'attendance' }));
    await tap(page, 'tab-all');
    expect(audit.list).toHaveBeenLastCalledWith(expect.objectContaining({ from: '' }));
    audit.list.mockResolvedValueOnce({ items: [entry({ id: 'a2', by: null, network: '' })], next: '' });
    await tap(page, 'load-more');
    expect(audit.list).toHaveBeenLastCalledWith(expect.anything(), 'n1');
    expect(page.text()).toContain('系统');
    await tap(page, 'export-audit');
    expect(saveFileOf).toHaveBeenCalledWith('操作记录.csv', '/audit.csv?attendance');
  });
  it('is of the organisation whose page led here, and of my own on a tap', async () => {
    api.orgs.get.mockResolvedValue(orgDetail({ id: 'g1', name: '第一党小组' }));
    const { page } = await open(Audit, { org: 'g1' });
    expect(audit.list).toHaveBeenCalledWith(expect.objectContaining({ org: 'g1' }));
    expect(find(page, 'org-g1').text()).toBe('第一党小组');
    await tap(page, 'org-b1');
    expect(audit.list).toHaveBeenLastCalledWith(expect.objectContaining({ org: 'b1' }));
  });
});

describe('what others have put right', () => {
  it('is answered, with a reason when it is not done', async () => {
    mydata.corrections.mockResolvedValue({ items: [correction()], next: '' });
    const { page } = await open(Corrections);
    await tap(page, 'correction-done');
    expect(mydata.answer).toHaveBeenLastCalledWith('c1', true, '');
    await tap(page, 'correction-decline');
    await type(page, 'decline-dialog-reason', '名册是对的');
    await tap(page, 'decline-dialog-yes');
    expect(mydata.answer).toHaveBeenLastCalledWith('c1', false, '名册是对的');
  });
  it('come a page at a time, the oldest first', async () => {
    mydata.corrections.mockResolvedValueOnce({ items: [correction()], next: 'c1' }).mockResolvedValueOnce({ items: [correction({ id: 'c2' })], next: '' });
    const { page } = await open(Corrections);
    await tap(page, 'load-more');
    expect(mydata.corrections).toHaveBeenLastCalledWith(expect.any(String), 'c1');
    expect(find(page, 'correction-c1').exists() && find(page, 'correction-c2').exists()).toBe(true);
    expect(find(page, 'load-more').exists()).toBe(false);
  });
  it('stay where they are when one of them is answered', async () => {
    mydata.corrections.mockResolvedValueOnce({ items: [correction()], next: 'c1' }).mockResolvedValueOnce({ items: [correction({ id: 'c2' }), correction({ id: 'c3' })], next: '' });
    const { page } = await open(Corrections);
    await tap(page, 'load-more');
    await find(page, 'correction-c2').find('[data-testid="correction-done"]').trigger('click');
    await vi.waitFor(() => { expect(find(page, 'correction-c2').exists()).toBe(false); });
    expect(find(page, 'correction-c1').exists() && find(page, 'correction-c3').exists()).toBe(true);
    expect(mydata.corrections).toHaveBeenCalledTimes(2);
  });
});
