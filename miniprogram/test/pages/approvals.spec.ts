import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { listedMember } from '../fakes/members';
import { asked, binding, invitation, match, me, NOW, secretary } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({
  people: { me: vi.fn() },
  members: { list: vi.fn() },
  bindings: { ask: vi.fn(), withdraw: vi.fn(), requests: vi.fn(), approve: vi.fn(), decline: vi.fn(), invitations: vi.fn(), invite: vi.fn(), revoke: vi.fn(), of: vi.fn(), release: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Approvals from '@/pkg-binding/pages/approvals/approvals.vue';
import Ask from '@/pkg-binding/pages/ask/ask.vue';
import Invite from '@/pkg-binding/pages/invite/invite.vue';
import MemberBinding from '@/pkg-binding/pages/member/member.vue';

const page = <T>(...items: T[]): { items: T[]; next: string } => ({ items, next: '' });
const mine = { id: 'b1', state: 'pending', orgName: '石桥村党支部', name: '李秀英', reason: '', createdAt: '2026-12-10T01:00:00Z' };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.bindings.requests.mockResolvedValue(page(asked()));
  api.bindings.invitations.mockResolvedValue(page(invitation(), invitation({ id: 'i0', state: 'revoked', code: '', url: '' })));
  api.bindings.of.mockResolvedValue(binding());
});
afterEach(() => { vi.useRealTimers(); });

describe('requests to be bound', () => {
  it('show who it may be, and are approved with one tap', async () => {
    const { page: shown, uni } = await open(Approvals);
    expect(find(shown, 'request-b1').text()).toContain('尾号 0002');
    expect(find(shown, 'match-m2').text()).toContain('尾号相符');
    api.bindings.requests.mockResolvedValue(page());
    await tap(shown, 'approve-m2');
    expect(api.bindings.approve).toHaveBeenCalledWith('b1', 'm2', false);
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已绑定为李秀英' }));
    expect(find(shown, 'empty').text()).toContain('没有要确认的申请');
  });

  it('ask before another WeChat is let go, and say who else was faster', async () => {
    api.bindings.requests.mockResolvedValue(page(asked({ invited: false, member: match({ bound: true }), matches: [] })));
    api.bindings.approve.mockRejectedValue(new ApiError(409, 'member_taken', '这位党员刚绑定了另一个微信，请先核对'));
    const { page: shown } = await open(Approvals);
    expect(find(shown, 'request-b1').text()).toContain('要换绑到新的微信');
    await tap(shown, 'approve-m2');
    expect(api.bindings.approve).not.toHaveBeenCalled();
    await tap(shown, 'replace-dialog-yes');
    expect(api.bindings.approve).toHaveBeenCalledWith('b1', 'm2', true);
    expect(find(shown, 'replace-dialog').text()).toContain('刚绑定了另一个微信');
  });

  it('leave to those above what is theirs, and to the roster what has another name', async () => {
    api.bindings.requests.mockResolvedValue(page(asked({ matches: [match({ above: true })] }), asked({ id: 'b2', name: '李秀莹', matches: [] })));
    api.members.list.mockResolvedValue(page(listedMember({ id: 'm3', name: '王建国' })));
    const { page: shown } = await open(Approvals);
    expect(find(shown, 'approve-m2').exists()).toBe(false);
    expect(find(shown, 'request-b1').text()).toContain('上级组织确认');
    await tap(shown, 'pick-b2');
    await tap(shown, 'member-m3');
    expect(api.bindings.approve).toHaveBeenCalledWith('b2', 'm3', false);
  });

  it('are declined for a reason', async () => {
    const { page: shown } = await open(Approvals);
    await tap(shown, 'decline-b1');
    await type(shown, 'decline-dialog-reason', '请当面核对');
    await tap(shown, 'decline-dialog-yes');
    expect(api.bindings.decline).toHaveBeenCalledWith('b1', '请当面核对');
    api.bindings.requests.mockResolvedValue(page(asked({ state: 'declined', decidedBy: '张志强', reason: '请当面核对' })));
    await tap(shown, 'tab-done');
    expect(find(shown, 'request-b1').text()).toContain('张志强没有同意：请当面核对');
  });
});

describe('an invitation', () => {
  it('is shown in big type, sent on in words, and ended', async () => {
    const { page: shown } = await open(Invite, { id: 'b000000000001' });
    expect(find(shown, 'invite-code').text()).toBe('ABCD 2345');
    expect(find(shown, 'invite-qr').attributes('src')).toContain('data:image');
    await tap(shown, 'share-i1');
    expect(platform.copy).toHaveBeenCalledWith(expect.stringContaining('填 ABCD 2345 和您的姓名'), expect.anything());
    await tap(shown, 'revoke-i1');
    await tap(shown, 'revoke-dialog-yes');
    expect(api.bindings.revoke).toHaveBeenCalledWith('i1');
  });
  it('is found though many have been sent since', async () => {
    api.bindings.invitations.mockResolvedValueOnce({ items: [invitation({ id: 'i9', state: 'used', code: '', url: '' })], next: 'i9' });
    const { page: shown } = await open(Invite, { id: 'b000000000001' });
    await tap(shown, 'load-more');
    expect(api.bindings.invitations).toHaveBeenLastCalledWith('b000000000001', 'i9');
    expect(find(shown, 'revoke-i1').exists()).toBe(true);
  });
  it('for one person is found with how that person is bound', async () => {
    api.members.list.mockResolvedValue(page(listedMember({ id: 'm2' })));
    const { page: shown, uni } = await open(Invite);
    await tap(shown, 'invite-person');
    await tap(shown, 'member-m2');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-binding/pages/member/member?id=m2' });
  });
  it('is made for so many days and uses', async () => {
    const { page: shown } = await open(Invite);
    await tap(shown, 'invite-more');
    await tap(shown, 'tab-30');
    await tap(shown, 'tab-200');
    await tap(shown, 'invite-make');
    expect(api.bindings.invite).toHaveBeenCalledWith('b000000000001', { key: expect.any(String) as string, days: 30, uses: 200 });
  });
});

describe('asking', () => {
  beforeEach(() => { api.people.me.mockResolvedValue(me({ member: null })); });

  it('takes the code of the link and a name, and then waits', async () => {
    const { page: shown } = await open(Ask, { code: 'iABCD2345' });
    expect(find(shown, 'ask-submit').attributes('disabled')).toBeDefined();
    await type(shown, 'ask-name', ' 李秀英 ');
    await type(shown, 'ask-last4', '0002');
    api.bindings.ask.mockResolvedValue(mine);
    api.people.me.mockResolvedValue({ ...me({ member: null }), binding: mine });
    await tap(shown, 'ask-submit');
    expect(api.bindings.ask).toHaveBeenCalledWith({ key: expect.any(String) as string, code: 'ABCD2345', name: '李秀英', last4: '0002' });
    expect(find(shown, 'ask-waiting').text()).toContain('等待书记确认');
    api.people.me.mockResolvedValue(me());
    await tap(shown, 'ask-look');
    expect(find(shown, 'ask-bound').text()).toContain('张志强');
  });
  it('says what is wrong, and may be done again after a no', async () => {
    api.people.me.mockResolvedValue({ ...me({ member: null }), binding: { ...mine, state: 'declined', reason: '请当面核对' } });
    api.bindings.ask.mockRejectedValue(new ApiError(404, 'invitation_wrong', '邀请码或姓名不对'));
    const { page: shown } = await open(Ask);
    expect(find(shown, 'ask-declined').text()).toContain('请当面核对');
    await type(shown, 'ask-code', 'abcd-2345');
    await type(shown, 'ask-name', '李秀英');
    await tap(shown, 'ask-submit');
    expect(find(shown, 'ask-error').text()).toBe('邀请码或姓名不对');
  });
});

describe('how a member is bound', () => {
  it('is on record, and an invitation of their own is made', async () => {
    const { page: shown } = await open(MemberBinding, { id: 'm2' });
    expect(find(shown, 'binding-state').text()).toBe('没有绑定微信');
    expect(find(shown, 'log-0').text()).toContain('书记解除绑定：绑错人了');
    await tap(shown, 'invite-one');
    expect(api.bindings.invite).toHaveBeenCalledWith('b000000000001', { key: expect.any(String) as string, memberId: 'm2' });
  });
  it('is undone for a reason, and not by those below', async () => {
    api.bindings.of.mockResolvedValue(binding({ boundAt: '2026-12-01T01:00:00Z' }));
    api.bindings.release.mockResolvedValue(binding({ above: true }));
    const { page: shown } = await open(MemberBinding, { id: 'm2' });
    await tap(shown, 'release');
    await type(shown, 'release-dialog-reason', '手机丢失');
    await tap(shown, 'release-dialog-yes');
    expect(api.bindings.release).toHaveBeenCalledWith('m2', '手机丢失');
    expect(find(shown, 'binding-above').exists()).toBe(true);
    expect(find(shown, 'invite-one').exists()).toBe(false);
  });
});
