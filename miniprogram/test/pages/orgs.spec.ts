import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { me, org, orgDetail, past, secretary } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({
  people: { me: vi.fn(), orgs: vi.fn() },
  orgs: { get: vi.fn(), create: vi.fn(), edit: vi.fn(), move: vi.fn(), merge: vi.fn(), close: vi.fn(), reopen: vi.fn(), history: vi.fn() },
}));
const { orgs } = api;
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Form from '@/pkg-org/pages/form/form.vue';
import History from '@/pkg-org/pages/history/history.vue';
import OrgPage from '@/pkg-org/pages/org/org.vue';
import Place from '@/pkg-org/pages/place/place.vue';
import Tree from '@/pkg-org/pages/tree/tree.vue';

const BRANCH = 'b000000000001';
const all = [
  org({ id: 'd1', name: '颍东区委', kind: 'district' }), org({ id: 'o1', name: '冉庙乡党委', kind: 'committee', parentId: 'd1', memberCount: 60 }), org({ id: 'o2', name: '阚疃镇党委', kind: 'committee', parentId: 'd1' }),
  org({ parentId: 'o1', memberCount: 30 }), org({ id: 'b2', name: '柳湾村党支部', parentId: 'o2' }), org({ id: 'g1', name: '第一党小组', kind: 'group', parentId: BRANCH, memberCount: 8 }),
];
const can = { edit: true, rename: true, shape: true, below: ['group'] };
const mine = (part = {}) => orgDetail({ memberCount: 30, can, ...part });
const admin = () => me({ roles: [{ role: 'admin', orgId: 'd1', orgName: '颍东区委' }], runs: [{ id: 'd1', name: '颍东区委', kind: 'district' }] });
const key = expect.any(String) as string;
const changed = new ApiError(409, 'org_changed', '这个组织刚被别人改过，请刷新后再操作');

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.people.orgs.mockResolvedValue({ items: all, next: '' });
  orgs.get.mockResolvedValue(mine());
});

describe('本支部', () => {
  it('shows the branch that I run: where it stands, what it says of itself, what is below', async () => {
    const { page, uni } = await open(OrgPage);
    expect(orgs.get).toHaveBeenCalledWith(BRANCH);
    expect(find(page, 'org-name').text()).toBe('石桥村党支部');
    expect(find(page, 'fact-day').text()).toBe('每月 10 日');
    expect(find(page, 'fact-term').text()).toBe('2024年6月18日起，3 年');
    expect(find(page, 'fact-members').text()).toBe('30 人（含下级）');
    expect(find(page, 'below-g1').text()).toContain('8 人');
    await tap(page, 'up-o1');
    expect(uni.navigateTo).toHaveBeenLastCalledWith({ url: '/pkg-org/pages/org/org?id=o1' });
    await tap(page, 'org-add');
    expect(uni.navigateTo).toHaveBeenLastCalledWith({ url: `/pkg-org/pages/form/form?under=${BRANCH}` });
  });
  it.each([['members', `/pkg-members/pages/members/members?org=${BRANCH}`], ['approvals', `/pkg-binding/pages/approvals/approvals?id=${BRANCH}`], ['roles', `/pkg-roles/pages/roles/roles?org=${BRANCH}`], ['handover', `/pkg-roles/pages/handover/handover?org=${BRANCH}`], ['month', `/pkg-secretary/pages/month/month?org=${BRANCH}`], ['load', `/pkg-committee/pages/load/load?id=${BRANCH}`], ['roster', `/pkg-roster/pages/roster/roster?org=${BRANCH}`], ['cards', `/pkg-station/pages/cards/cards?org=${BRANCH}`],
    ['audit', `/pkg-data/pages/audit/audit?org=${BRANCH}`], ['corrections', `/pkg-data/pages/corrections/corrections?org=${BRANCH}`], ['preview', '/pkg-secretary/pages/preview/preview'], ['to-history', `/pkg-org/pages/history/history?id=${BRANCH}`], ['to-tree', `/pkg-org/pages/tree/tree?id=${BRANCH}`], ['org-move', `/pkg-org/pages/place/place?id=${BRANCH}&act=move`]])('%s leads to %s', async (name, url) => {
    const { page, uni } = await open(OrgPage);
    await tap(page, name);
    expect(uni.navigateTo).toHaveBeenCalledWith({ url });
  });
  it('offers a member nothing to change, and no heads', async () => {
    orgs.get.mockResolvedValue(orgDetail());
    const { page } = await open(OrgPage, { id: BRANCH });
    for (const name of ['org-edit', 'org-add', 'org-close', 'approvals', 'to-history', 'fact-members']) expect(find(page, name).exists(), name).toBe(false);
    expect(find(page, 'to-tree').exists()).toBe(true);
  });
  it('shows itself without the tree when that does not come', async () => {
    api.people.orgs.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(OrgPage);
    expect(find(page, 'up-o1').text()).toBe('冉庙乡党委');
  });
  it('warns of an election', async () => {
    orgs.get.mockResolvedValue(mine({ election: 'over', electionDue: '2026-06-18' }));
    const { page } = await open(OrgPage);
    expect(find(page, 'election').text()).toContain('2026年6月18日已经过了');
  });
  it('lets somebody who runs several choose, and tells who runs none', async () => {
    api.people.me.mockResolvedValue(me({ runs: [{ id: BRANCH, name: '石桥村党支部', kind: 'branch' }, { id: 'b2', name: '柳湾村党支部', kind: 'branch' }] }));
    const { page } = await open(OrgPage);
    await tap(page, 'run-b2');
    expect(orgs.get).toHaveBeenLastCalledWith('b2');
    page.unmount();
    platform.secrets.clear();
    api.people.me.mockResolvedValue(me());
    expect((await open(OrgPage)).page.text()).toContain('您没有在管理的组织');
  });
  it('says what stands in the way of a close, and leads to the merge', async () => {
    orgs.get.mockResolvedValue(mine({ remains: ['12 名党员', '2 场未结束的活动'] }));
    const { page, uni } = await open(OrgPage);
    await tap(page, 'org-close');
    expect(find(page, 'remains-dialog').text()).toContain('12 名党员、2 场未结束的活动');
    await tap(page, 'remains-dialog-yes');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: `/pkg-org/pages/place/place?id=${BRANCH}&act=merge` });
    expect(orgs.close).not.toHaveBeenCalled();
  });
  it('closes with a reason, and takes it back', async () => {
    const { page } = await open(OrgPage);
    await tap(page, 'org-close');
    await type(page, 'close-dialog-reason', '党员已全部转出');
    orgs.get.mockResolvedValue(mine({ closed: true, closedAt: '2026-12-10T06:00:00Z', can: { ...can, edit: false, below: [] } }));
    await tap(page, 'close-dialog-yes');
    expect(orgs.close).toHaveBeenCalledWith(BRANCH, '党员已全部转出', 4, key);
    expect(find(page, 'closed').text()).toContain('撤销');
    expect(find(page, 'approvals').exists()).toBe(false);
    await tap(page, 'org-reopen');
    await tap(page, 'reopen-dialog-yes');
    expect(orgs.reopen).toHaveBeenCalledWith(BRANCH, key);
  });
  it('reads anew when somebody else was faster', async () => {
    orgs.close.mockRejectedValueOnce(changed);
    const { page } = await open(OrgPage);
    await tap(page, 'org-close');
    await type(page, 'close-dialog-reason', '党员已全部转出');
    orgs.get.mockResolvedValue(mine({ revision: 5 }));
    await tap(page, 'close-dialog-yes');
    expect(find(page, 'close-dialog').text()).toContain('刚被别人改过');
    await tap(page, 'close-dialog-yes');
    expect(orgs.close).toHaveBeenLastCalledWith(BRANCH, '党员已全部转出', 5, key);
  });
});

describe('the tree', () => {
  it('opens along the way to my own, folds, and finds', async () => {
    const { page, uni } = await open(Tree);
    expect(find(page, `org-${BRANCH}`).text()).toContain('当前');
    expect(find(page, 'org-b2').exists()).toBe(false);
    await tap(page, 'fold-o2');
    expect(find(page, 'org-b2').exists()).toBe(true);
    await tap(page, 'fold-d1');
    expect(find(page, 'org-o1').exists()).toBe(false);
    await type(page, 'tree-search', '柳湾');
    expect(find(page, 'tree-list').text()).toContain('党支部 · 阚疃镇党委');
    await tap(page, 'org-b2');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-org/pages/org/org?id=b2' });
    await type(page, 'tree-search', '没有的');
    expect(find(page, 'tree-none').exists()).toBe(true);
  });
  it('shows the closed ones when asked to', async () => {
    const { page } = await open(Tree);
    api.people.orgs.mockResolvedValue({ items: [...all, org({ id: 'x', name: '老街党支部', parentId: 'o1', closed: true })], next: '' });
    await tap(page, 'show-closed');
    expect(api.people.orgs).toHaveBeenLastCalledWith('', true);
    expect(find(page, 'org-x').text()).toContain('已撤销');
  });
  it('draws five hundred a few at a time', async () => {
    api.people.orgs.mockResolvedValue({ items: [org({ id: 'd1', kind: 'district' }), ...Array.from({ length: 500 }, (_none, n) => org({ id: `n${n}`, parentId: 'd1' }))], next: '' });
    const { page } = await open(Tree);
    expect(page.findAll('.line')).toHaveLength(60);
    await tap(page, 'tree-more');
    expect(page.findAll('.line')).toHaveLength(120);
  });
});

describe('the form', () => {
  it('makes a group of the branch', async () => {
    orgs.create.mockResolvedValue(orgDetail({ id: 'g9' }));
    const { page, uni } = await open(Form, { under: BRANCH });
    await tap(page, 'org-save');
    expect(find(page, 'error-name').text()).toBe('名称至少两个字');
    expect(orgs.create).not.toHaveBeenCalled();
    await type(page, 'name-input', '第二党小组');
    expect(find(page, 'error-name').exists()).toBe(false);
    await tap(page, 'theme-day');
    await tap(page, 'day-15');
    await tap(page, 'org-save');
    expect(orgs.create).toHaveBeenCalledWith(BRANCH, { kind: 'group', name: '第二党小组', themeDay: 15, address: '', termStart: '', termYears: 0, electionDue: '', key });
    expect(uni.redirectTo).toHaveBeenCalledWith({ url: '/pkg-org/pages/org/org?id=g9' });
  });
  it('lets a secretary change all but the name', async () => {
    orgs.get.mockResolvedValue(mine({ can: { ...can, rename: false, shape: false } }));
    orgs.edit.mockResolvedValue(mine());
    const { page, uni } = await open(Form, { id: BRANCH });
    expect(find(page, 'name-fixed').text()).toBe('石桥村党支部');
    expect(find(page, 'election-due').text()).toContain('按任期：2027年6月18日');
    await tap(page, 'years-5');
    await type(page, 'address-input', '镇文化站');
    await tap(page, 'org-save');
    expect(orgs.edit).toHaveBeenCalledWith(BRANCH, { name: '石桥村党支部', themeDay: 10, address: '镇文化站', termStart: '2024-06-18', termYears: 5, electionDue: '', revision: 4, key });
    expect(uni.navigateBack).toHaveBeenCalled();
  });
  it('loads anew when somebody else was faster, and keeps what was typed', async () => {
    orgs.edit.mockRejectedValueOnce(changed);
    const { page } = await open(Form, { id: BRANCH });
    await type(page, 'address-input', '镇文化站');
    await tap(page, 'org-save');
    expect(find(page, 'form-error').text()).toContain('别人刚改过');
    expect(find(page, 'org-save').attributes('disabled')).toBeDefined();
    orgs.get.mockResolvedValue(mine({ revision: 5, themeDay: 20 }));
    await tap(page, 'reload');
    await tap(page, 'org-save');
    expect(orgs.edit).toHaveBeenLastCalledWith(BRANCH, expect.objectContaining({ address: '镇文化站', themeDay: 20, revision: 5 }));
  });
  it('puts what the server refuses under its field', async () => {
    orgs.edit.mockRejectedValueOnce(new ApiError(400, 'invalid_input', '填写的内容有误', { address: '地址不能换行' }));
    const { page } = await open(Form, { id: BRANCH });
    await tap(page, 'org-save');
    expect(find(page, 'error-address').text()).toBe('地址不能换行');
  });
});

describe('another place', () => {
  beforeEach(() => { api.people.me.mockResolvedValue(admin()); });

  it('moves it, says what stays, and moves it back', async () => {
    orgs.move.mockResolvedValue(mine({ revision: 5 }));
    const { page, uni } = await open(Place, { id: BRANCH, act: 'move' });
    await tap(page, 'org-o1'); // it is there already: folds
    expect(find(page, `org-${BRANCH}`).exists()).toBe(false);
    await tap(page, 'org-o2');
    expect(find(page, 'place-dialog').text()).toContain('连同下级 1 个组织、30 名党员，移到“阚疃镇党委”下面');
    await tap(page, 'place-dialog-yes');
    expect(orgs.move).toHaveBeenCalledWith(BRANCH, 'o2', 4, key);
    expect(find(page, 'done').text()).toContain('以前月份的数字仍算在“冉庙乡党委”');
    await tap(page, 'place-undo');
    expect(orgs.move).toHaveBeenLastCalledWith(BRANCH, 'o1', 5, key);
    expect(uni.navigateBack).toHaveBeenCalled();
  });
  it('merges it after telling what goes along, with no way back', async () => {
    orgs.get.mockResolvedValue(mine({ remains: ['30 名党员'] }));
    orgs.merge.mockResolvedValue(mine({ closed: true }));
    const { page } = await open(Place, { id: BRANCH, act: 'merge' });
    await type(page, 'tree-search', '柳湾');
    await tap(page, 'org-b2');
    expect(find(page, 'place-dialog').text()).toContain('30 名党员，都转到“柳湾村党支部”');
    await tap(page, 'place-dialog-yes');
    expect(orgs.merge).toHaveBeenCalledWith(BRANCH, 'b2', 4, key);
    expect(find(page, 'place-undo').exists()).toBe(false);
  });
  it('asks again with what is so now when somebody else was faster', async () => {
    orgs.move.mockRejectedValueOnce(changed);
    const { page } = await open(Place, { id: BRANCH, act: 'move' });
    await tap(page, 'org-o2');
    orgs.get.mockResolvedValue(mine({ revision: 5 }));
    await tap(page, 'place-dialog-yes');
    expect(find(page, 'place-dialog').text()).toContain('刚被别人改过');
    orgs.move.mockResolvedValueOnce(mine({ revision: 6 }));
    await tap(page, 'place-dialog-yes');
    expect(orgs.move).toHaveBeenLastCalledWith(BRANCH, 'o2', 5, key);
  });
  it('has nothing to choose for those who administer nothing', async () => {
    api.people.me.mockResolvedValue(secretary());
    expect((await open(Place, { id: BRANCH, act: 'move' })).page.text()).toContain('没有可选的组织');
  });
});

describe('the history', () => {
  it('says who did what, page by page', async () => {
    orgs.history.mockResolvedValueOnce({ items: [past()], next: '3' }).mockResolvedValueOnce({ items: [past({ act: 'created', byName: '', what: [{ what: 'parent', from: '', to: '冉庙乡党委' }] })], next: '' });
    const { page } = await open(History, { id: BRANCH });
    expect(page.text()).toContain('主题党日：由“每月 10 日”改为“每月 15 日”');
    await tap(page, 'load-more');
    expect(orgs.history).toHaveBeenLastCalledWith(BRANCH, '3');
    expect(page.findAll('[data-testid="past"]')[1]?.text()).toContain('上级组织：冉庙乡党委');
  });
  it('says that there is none', async () => {
    orgs.history.mockResolvedValue({ items: [], next: '' });
    expect((await open(History, { id: BRANCH })).page.text()).toContain('还没有变更记录');
  });
});
