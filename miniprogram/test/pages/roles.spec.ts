import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { Holder, HandOver, HandOverPreview, Roles } from '@/api/roles';
import { platform } from '../fakes/platform';
import { listedMember } from '../fakes/members';
import { me, NOW, secretary } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({
  people: { me: vi.fn() },
  members: { list: vi.fn() },
  roles: { list: vi.fn(), grant: vi.fn(), revoke: vi.fn(), preview: vi.fn(), handOver: vi.fn(), handOvers: vi.fn(), undo: vi.fn(), setup: vi.fn(), redeem: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Handover from '@/pkg-roles/pages/handover/handover.vue';
import RolesPage from '@/pkg-roles/pages/roles/roles.vue';
import Setup from '@/pkg-roles/pages/setup/setup.vue';

const branch = { id: 'b000000000001', name: '石桥村党支部', kind: 'branch' as const };
const town = { id: 'c000000000001', name: '阚疃镇党委', kind: 'committee' as const };
const wang = { id: 'm1', name: '王建国' };
const holder = (part: Partial<Holder> = {}): Holder =>
  ({ member: wang, orgName: branch.name, role: 'organiser', on: branch, since: '2023-06-05T01:00:00Z', by: { id: 'm9', name: '张志强' }, bound: true, ...part });
const roles = (part: Partial<Roles> = {}): Roles => ({ org: branch, items: [holder()], above: [], former: [], appoints: ['organiser', 'keeper'], ...part });
const plan = (part: Partial<HandOverPreview> = {}): HandOverPreview => ({
  org: branch, from: wang, posts: [{ role: 'organiser', since: '2023-06-05T01:00:00Z', may: true }],
  tasks: [{ kind: 'draft', count: 4, titles: ['党课', '动员会', '读书会'], named: false }, { kind: 'site', count: 1, titles: ['陈列馆'], named: true }], ...part,
});
const passed = (part: Partial<HandOver> = {}): HandOver => ({
  id: 'h1', from: wang, to: { id: 'm2', name: '李秀英' }, roles: ['organiser'], named: 1, reason: '换届交接', by: { id: 'm9', name: '张志强' },
  at: '2026-12-10T06:40:00Z', undoneAt: null, undoUntil: '2026-12-11T06:40:00Z', ...part,
});

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.roles.list.mockResolvedValue(roles());
  api.roles.handOvers.mockResolvedValue({ items: [] });
  api.roles.preview.mockResolvedValue(plan());
  api.members.list.mockResolvedValue({ items: [listedMember({ id: 'm1', name: '王建国' }), listedMember({ id: 'm2', name: '李秀英' })], next: '' });
});
afterEach(() => { vi.useRealTimers(); });

describe('the roles of a branch', () => {
  it('say who holds what, since when and by whom, and who held it before', async () => {
    api.roles.list.mockResolvedValue(roles({
      items: [holder({ bound: false }), holder({ role: 'secretary', member: { id: 'm3', name: '赵云' }, by: null })],
      above: [holder({ on: town, role: 'admin', member: { id: 'm8', name: '钱明' } })],
      former: [{ member: { id: 'm4', name: '孙丽' }, role: 'secretary', since: '2020-03-01T01:00:00Z', until: '2023-06-05T01:00:00Z' }],
    }));
    const { page, uni } = await open(RolesPage);
    expect(api.roles.list).toHaveBeenCalledWith(branch.id);
    expect(find(page, 'holder-organiser-m1').text()).toContain('2023年6月5日起 · 张志强任命 · 没有绑定微信');
    expect(find(page, 'holder-secretary-m3').text()).toContain('开通时设立');
    expect(find(page, 'revoke-secretary-m3').exists()).toBe(false);
    expect(find(page, 'former-0').text()).toContain('2020年3月1日至2023年6月5日');
    expect(find(page, 'my-term').exists()).toBe(false);
    await tap(page, 'above-admin-m8');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: `/pkg-roles/pages/roles/roles?org=${town.id}` });
  });

  it('offer nothing to who may not appoint, and tell a predecessor what a past term means', async () => {
    api.people.me.mockResolvedValue(me());
    api.roles.list.mockResolvedValue(roles({
      appoints: [], former: [{ member: { id: 'm000000000001', name: '张志强' }, role: 'secretary', since: '2023-06-05T01:00:00Z', until: '2026-12-10T01:00:00Z' }],
    }));
    const { page } = await open(RolesPage);
    expect(find(page, 'appoint').exists()).toBe(false);
    expect(find(page, 'hand-over').exists()).toBe(false);
    expect(find(page, 'my-term').text()).toContain('您担任书记的任期（2023年6月5日至2026年12月10日）已经结束');
  });

  it('are given to somebody chosen from the people, after a question', async () => {
    const { page } = await open(RolesPage, { org: branch.id });
    await tap(page, 'appoint');
    expect(find(page, 'role-admin').exists()).toBe(false);
    await tap(page, 'role-keeper');
    expect(api.members.list).toHaveBeenCalledWith(branch.id, { q: '' }, '');
    await tap(page, 'member-m2');
    expect(find(page, 'grant-dialog').text()).toContain('李秀英担任讲解员，马上生效');
    expect(api.roles.grant).not.toHaveBeenCalled();
    await tap(page, 'grant-dialog-yes');
    expect(api.roles.grant).toHaveBeenCalledWith(branch.id, 'keeper', 'm2');
    expect(api.roles.list).toHaveBeenCalledTimes(2);
  });

  it('are taken for a reason, and never from the last admin', async () => {
    api.roles.revoke.mockRejectedValue(new ApiError(409, 'last_admin', '这是这里最后一位管理员，请先任命另一位管理员'));
    const { page, uni } = await open(RolesPage, { org: branch.id });
    await tap(page, 'revoke-organiser-m1');
    expect(find(page, 'revoke-dialog-yes').attributes('disabled')).toBeDefined();
    await type(page, 'revoke-dialog-reason', '工作调动');
    await tap(page, 'revoke-dialog-yes');
    expect(find(page, 'revoke-dialog').text()).toContain('这是这里最后一位管理员');
    api.roles.revoke.mockResolvedValue(undefined);
    await tap(page, 'revoke-dialog-yes');
    expect(api.roles.revoke).toHaveBeenLastCalledWith(branch.id, 'organiser', 'm1', '工作调动');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已免职' }));
  });
});

describe('handing over', () => {
  it('shows what passes and what the old term becomes, and is done with one question', async () => {
    const { page } = await open(Handover, { org: branch.id });
    await tap(page, 'from-m1');
    expect(find(page, 'task-draft').text()).toContain('活动草稿 4 个：党课、动员会、读书会等');
    expect(find(page, 'task-site').text()).toContain('改由继任者负责');
    expect(find(page, 'afterwards').text()).toContain('只能看，不能再改');
    expect(find(page, 'pass').attributes('disabled')).toBeDefined();
    await tap(page, 'heir');
    expect(find(page, 'member-m1').exists()).toBe(false);
    await tap(page, 'member-m2');
    await tap(page, 'pass');
    expect(find(page, 'pass-dialog').text()).toContain('组织委员由王建国交给李秀英，马上生效');
    api.roles.handOvers.mockResolvedValue({ items: [passed()] });
    await tap(page, 'pass-dialog-yes');
    expect(api.roles.handOver).toHaveBeenCalledWith(branch.id, { key: expect.any(String) as string, fromId: 'm1', toId: 'm2', roles: ['organiser'] });
    expect(find(page, 'done-h1').text()).toContain('王建国 → 李秀英：组织委员');
  });

  it('passes only what is chosen and what one may give, with the same key until it has worked', async () => {
    api.roles.preview.mockResolvedValue(plan({ posts: [...plan().posts, { role: 'keeper', since: '2024-01-01T01:00:00Z', may: true }, { role: 'secretary', since: '2024-01-01T01:00:00Z', may: false }] }));
    api.roles.handOver.mockRejectedValue(new ApiError(409, 'roles_changed', '这里的职务刚被别人改过，请刷新后再操作'));
    const { page } = await open(Handover, { org: branch.id });
    await tap(page, 'from-m1');
    expect(find(page, 'post-secretary').exists()).toBe(false);
    await tap(page, 'post-keeper');
    await tap(page, 'heir');
    await tap(page, 'member-m2');
    await tap(page, 'pass');
    await tap(page, 'pass-dialog-yes');
    expect(find(page, 'pass-dialog').text()).toContain('刚被别人改过');
    await tap(page, 'pass-dialog-yes');
    const sent = api.roles.handOver.mock.calls.map((call) => call[1] as { key: string; roles: string[] });
    expect(sent.map((one) => one.roles)).toEqual([['organiser'], ['organiser']]);
    expect(new Set(sent.map((one) => one.key)).size).toBe(1);
  });

  it('is taken back within a day', async () => {
    api.roles.handOvers.mockResolvedValue({ items: [passed(), passed({ id: 'h0', undoUntil: null, undoneAt: '2026-12-09T01:00:00Z' })] });
    const { page } = await open(Handover, { org: branch.id });
    expect(find(page, 'undo-h0').exists()).toBe(false);
    expect(find(page, 'done-h0').text()).toContain('已撤销');
    await tap(page, 'undo-h1');
    await tap(page, 'undo-dialog-yes');
    expect(api.roles.undo).toHaveBeenCalledWith(branch.id, 'h1');
  });

  it('says when there is nothing to hand over here', async () => {
    api.roles.list.mockResolvedValue(roles({ items: [holder({ role: 'secretary' })] }));
    const { page } = await open(Handover, { org: branch.id });
    expect(page.text()).toContain('这里没有您能交接的职务');
  });
});

describe('the first settings', () => {
  beforeEach(() => { api.people.me.mockResolvedValue(me({ member: null })); });

  it('of an empty installation take the code and two names', async () => {
    api.roles.setup.mockResolvedValue({ open: true, empty: true });
    api.roles.redeem.mockRejectedValueOnce(new ApiError(400, 'setup_code', '设置码不对或已失效，请联系部署人员重新生成'));
    const { page, uni } = await open(Setup);
    await type(page, 'setup-code', 'ABCD-EFGH-JKMN');
    expect(find(page, 'setup-save').attributes('disabled')).toBeDefined();
    await type(page, 'setup-org', ' 中共某区委 ');
    await type(page, 'setup-name', '张志强');
    await tap(page, 'setup-save');
    expect(find(page, 'setup-error').text()).toContain('设置码不对或已失效');
    api.people.me.mockResolvedValue(secretary());
    await tap(page, 'setup-save');
    expect(api.roles.redeem).toHaveBeenLastCalledWith('ABCD-EFGH-JKMN', '中共某区委', '张志强');
    expect(uni.switchTab).toHaveBeenCalledWith({ url: '/pages/me/me' });
  });
  it('want somebody of the roster where there is one', async () => {
    api.roles.setup.mockResolvedValue({ open: true, empty: false });
    const { page } = await open(Setup);
    expect(find(page, 'setup-bind').text()).toContain('先绑定您自己');
    expect(find(page, 'setup-code').exists()).toBe(false);
  });
  it('are over once somebody administers', async () => {
    api.roles.setup.mockResolvedValue({ open: false, empty: false });
    const { page } = await open(Setup);
    expect(find(page, 'empty').text()).toContain('现在不需要设置');
  });
});
