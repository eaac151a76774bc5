import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { listedMember, memberCard, memberCounts, transfer } from '../fakes/members';
import { org, secretary } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({
  people: { me: vi.fn(), orgs: vi.fn() },
  members: Object.fromEntries(['list', 'create', 'card', 'correct', 'setPosts', 'phone', 'move', 'transfer', 'transfers', 'accept', 'decline', 'withdraw'].map((name) => [name, vi.fn()])),
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Edit from '@/pkg-members/pages/edit/edit.vue';
import Member from '@/pkg-members/pages/member/member.vue';
import Members from '@/pkg-members/pages/members/members.vue';
import TransferPage from '@/pkg-members/pages/transfer/transfer.vue';
import Transfers from '@/pkg-members/pages/transfers/transfers.vue';

const members = api.members as Record<string, ReturnType<typeof vi.fn>>;
const answer = (name: string, value: unknown): void => { members[name]?.mockResolvedValue(value); };
const list = (...items: unknown[]) => ({ items, next: '', counts: memberCounts({ incoming: 1 }), groups: [] });

beforeEach(() => {
  vi.clearAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.people.orgs.mockResolvedValue({ items: [org(), org({ id: 'b2', name: '柳湾村党支部' }), org({ id: 'g1', name: '第一党小组', kind: 'group', parentId: org().id })], next: '' });
  answer('list', list(listedMember(), listedMember({ id: 'm2', name: '李大爷', phoneMasked: '', kind: 'probationary' })));
  answer('card', memberCard());
});

describe('the list of members', () => {
  it('shows who is there, what tells them apart, and how many wait to come in', async () => {
    const { page, uni } = await open(Members);
    expect(find(page, 'member-m000000000009').text()).toContain('138****0009');
    expect(find(page, 'member-m2').text()).toContain('没有手机');
    expect(find(page, 'chip-no-phone').text()).toBe('没有手机 3');
    expect(find(page, 'chip-flow_in').exists()).toBe(false);
    await tap(page, 'incoming');
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: `/pkg-members/pages/transfers/transfers?org=${org().id}` });
  });
  it('asks the server for what was typed and chosen', async () => {
    const { page } = await open(Members);
    await tap(page, 'chip-unbound');
    await type(page, 'member-search', ' zgf ');
    await vi.waitFor(() => { expect(members.list).toHaveBeenLastCalledWith(org().id, expect.objectContaining({ q: 'zgf', bound: 'no' })); });
  });
});

describe('the card of a member', () => {
  it('shows the number only when it is asked for, and forgets it', async () => {
    answer('phone', { phone: '13800000009' });
    const { page, uni } = await open(Member, { id: 'm000000000009' });
    const makePhoneCall = vi.fn();
    vi.stubGlobal('uni', { ...uni, makePhoneCall });
    expect(page.html()).not.toContain('13800000009');
    await tap(page, 'call');
    expect(find(page, 'phone-number').text()).toBe('13800000009');
    await tap(page, 'dial');
    expect(makePhoneCall).toHaveBeenCalledWith({ phoneNumber: '13800000009' });
    expect(page.html()).not.toContain('13800000009');
  });
  it('asks nothing of somebody without a phone', async () => {
    answer('card', memberCard({ phoneMasked: '' }));
    const { page } = await open(Member, { id: 'm000000000009' });
    expect(find(page, 'call').exists()).toBe(false);
    expect(find(page, 'no-phone').text()).toContain('没有登记手机');
  });
  it('keeps posts, and what becomes of the member', async () => {
    answer('setPosts', memberCard());
    answer('move', {});
    const { page } = await open(Member, { id: 'm000000000009' });
    await tap(page, 'posts-open');
    await tap(page, 'post-discipline');
    await tap(page, 'posts-save');
    expect(members.setPosts).toHaveBeenCalledWith('m000000000009', ['publicity', 'discipline']);
    await tap(page, 'leave-open');
    await tap(page, 'leave-dialog-yes');
    expect(members.move).toHaveBeenCalledWith('m000000000009', { orgId: org().id, kind: 'full', standing: 'normal', left: true });
  });
});

describe('the form', () => {
  it('adds a namesake only when told that it is another person', async () => {
    members.create?.mockRejectedValueOnce(new ApiError(409, 'namesake', '已有同名党员')).mockResolvedValueOnce(memberCard({ id: 'm7' }));
    const { page, uni } = await open(Edit, { org: 'b1' });
    await type(page, 'field-name', '张桂芳');
    await tap(page, 'member-save');
    await tap(page, 'namesake-dialog-yes');
    expect(members.create).toHaveBeenLastCalledWith('b1', expect.objectContaining({ name: '张桂芳', phone: '', namesake: true }));
    const keys = (members.create?.mock.calls ?? []).map((call) => (call[1] as { key: string }).key);
    expect(keys[0], 'one key for one person').toBe(keys[1]);
    expect(uni.redirectTo).toHaveBeenCalledWith({ url: '/pkg-members/pages/member/member?id=m7' });
  });
  it('leaves the number as it is unless something was typed', async () => {
    answer('correct', memberCard());
    const { page } = await open(Edit, { id: 'm000000000009' });
    await tap(page, 'member-save');
    expect(members.correct).toHaveBeenCalledWith('m000000000009', { name: '张桂芳', kind: 'full', since: '1969-07', revision: 7 });
  });
  it('says beside the field what is wrong', async () => {
    members.correct?.mockRejectedValueOnce(new ApiError(400, 'invalid_input', '手机号不对', { phone: '请填写 11 位手机号' }));
    const { page } = await open(Edit, { id: 'm000000000009' });
    await type(page, 'field-phone', '138');
    await tap(page, 'member-save');
    expect(find(page, 'error-phone').text()).toBe('请填写 11 位手机号');
  });
});

describe('handing over', () => {
  it('offers the own groups first, and says when the other side has to agree', async () => {
    answer('transfer', transfer());
    const { page, uni } = await open(TransferPage, { id: 'm000000000009' });
    expect(page.findAll('[data-testid^="org-"][role="radio"]').map((one) => one.attributes('data-testid'))).toEqual(['org-g1', 'org-b2']);
    await tap(page, 'org-b2');
    await tap(page, 'transfer-send');
    expect(members.transfer).toHaveBeenCalledWith('m000000000009', { toOrgId: 'b2', note: '' });
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已提交，等对方确认' }));
  });
  it('lets the receiving side accept, or decline with a reason', async () => {
    answer('transfers', { items: [transfer()], next: '' });
    answer('accept', transfer({ state: 'accepted' }));
    answer('decline', transfer({ state: 'declined' }));
    const { page } = await open(Transfers, { org: 'b1' });
    await tap(page, 'accept-t000000000001');
    expect(members.accept).toHaveBeenCalledWith('t000000000001');
    await tap(page, 'decline-t000000000001');
    await type(page, 'decline-dialog-reason', '人还没有来');
    await tap(page, 'decline-dialog-yes');
    expect(members.decline).toHaveBeenCalledWith('t000000000001', '人还没有来');
  });
});
