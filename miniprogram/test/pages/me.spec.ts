import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { kept, me, NOW, secretary } from '../fakes/nouns';
import { find, open, tap } from '../fakes/page';

const api = vi.hoisted(() => ({ bindings: { ask: vi.fn(), withdraw: vi.fn() }, people: { me: vi.fn(), bind: vi.fn(), unbind: vi.fn(), logout: vi.fn() }, checkins: { batch: vi.fn() }, roles: { setup: vi.fn() } }));
const line = vi.hoisted(() => ({ signIn: vi.fn() }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: line.signIn }));
import About from '@/pages/about/about.vue';
import Me from '@/pages/me/me.vue';
import Privacy from '@/pages/privacy/privacy.vue';

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  platform.storage.clear();
  api.people.me.mockResolvedValue(secretary());
  api.people.logout.mockResolvedValue(null);
  api.roles.setup.mockResolvedValue({ open: false, empty: false });
});
afterEach(() => { vi.useRealTimers(); });

it('says who I am and what for', async () => {
  const { page } = await open(Me);
  expect(find(page, 'my-name').text()).toBe('张志强');
  expect(find(page, 'my-phone').text()).toBe('手机 138****0001');
  expect(page.text()).toContain('石桥村党支部 · 书记');
});

it.each([['record', '/pages/record/record'], ['my-branch', '/pkg-org/pages/org/org'], ['notify', '/pages/notify/notify'], ['feedback', '/pages/about/about'], ['privacy', '/pages/privacy/privacy']])('%s leads to %s', async (name, url) => {
  const { page, uni } = await open(Me);
  await tap(page, name);
  expect(uni.navigateTo).toHaveBeenCalledWith({ url });
});

it('leaves what belongs to running an organisation to its page, and says how many wait there', async () => {
  api.people.me.mockResolvedValue({ ...secretary(), asking: 2 });
  const { page } = await open(Me);
  expect(find(page, 'my-branch').text()).toContain('2 个申请');
  for (const name of ['members', 'approvals', 'roles', 'audit']) expect(find(page, name).exists(), name).toBe(false);
});

it('shows a member who runs nothing who holds which role', async () => {
  api.people.me.mockResolvedValue(me());
  const { page, uni } = await open(Me);
  expect(find(page, 'my-branch').exists()).toBe(false);
  await tap(page, 'roles');
  expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-roles/pages/roles/roles' });
});

it('switches large type and position by a tap on the row, and remembers', async () => {
  const { page } = await open(Me);
  await tap(page, 'large-type');
  await tap(page, 'share-position');
  expect(platform.storage.get('largeType')).toBe(true);
  expect(platform.storage.get('sharePosition')).toBe(true);
  expect(find(page, 'me').attributes('style')).toContain('1.35');
});

describe('somebody who is not bound', () => {
  beforeEach(() => { api.people.me.mockResolvedValue(me({ member: null })); platform.phoneCode.mockResolvedValue('phone-1'); });

  it('binds here and is greeted by name', async () => {
    api.people.bind.mockResolvedValue(me());
    const { page, uni } = await open(Me);
    expect(find(page, 'my-name').text()).toBe('还没有绑定');
    expect(find(page, 'unbind').exists()).toBe(false);
    await tap(page, 'bind');
    expect(api.people.bind).toHaveBeenCalledWith('phone-1');
    expect(find(page, 'my-name').text()).toBe('张志强');
    expect(find(page, 'bind-card').exists()).toBe(false);
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '绑定成功' }));
  });
  it.each([[true, 1], [false, 0]])('is led to the first settings only while they are open: %s', async (open_, rows) => {
    api.roles.setup.mockResolvedValue({ open: open_, empty: true });
    const { page } = await open(Me);
    expect(page.findAll('[data-testid="setup"]')).toHaveLength(rows);
  });
  it('has what was scanned before handed in at once', async () => {
    api.people.bind.mockResolvedValue(me());
    platform.secrets.set('outbox', [kept('a')]);
    const { page } = await open(Me);
    await tap(page, 'bind');
    expect(api.checkins.batch).toHaveBeenCalledWith([kept('a')]);
  });
  it.each([[404, 'not_in_roster', '花名册里没有这个手机号，请联系支部书记登记'], [409, 'already_bound', '这个微信已绑定党员']])('reads why not: %i %s', async (status, code, words) => {
    api.people.bind.mockRejectedValue(new ApiError(status, code, words));
    const { page } = await open(Me);
    await tap(page, 'bind');
    expect(find(page, 'bind-error').text()).toBe(words);
    expect(find(page, 'bind').attributes('disabled')).toBeUndefined();
  });
});

describe('somebody whose number leaves a doubt', () => {
  const several = [{ name: '王＊', taken: true, pick: 'p1' }, { name: '李＊', taken: false, pick: 'p2' }];
  const nobody = me({ member: null });
  beforeEach(() => {
    api.people.me.mockResolvedValue(nobody);
    api.people.bind.mockResolvedValue({ ...nobody, choices: several });
    platform.phoneCode.mockResolvedValue('phone-1');
  });

  it('chooses, and is bound at once when only one is left', async () => {
    api.bindings.ask.mockResolvedValue({ state: 'approved' });
    const { page, uni } = await open(Me);
    await tap(page, 'bind');
    expect(find(page, 'choice-0').text()).toContain('要书记确认换绑');
    expect(find(page, 'choice-1').text()).toContain('马上绑定');
    api.people.me.mockResolvedValue(me());
    await tap(page, 'choice-1');
    expect(api.bindings.ask).toHaveBeenCalledWith({ key: expect.any(String) as string, pick: 'p2' });
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '绑定成功' }));
    expect(find(page, 'my-name').text()).toBe('张志强');
  });
  it('waits for the secretary, may take it back, and reads why not', async () => {
    api.bindings.ask.mockResolvedValue({ state: 'pending' });
    const { page } = await open(Me);
    await tap(page, 'bind');
    const binding = { id: 'b1', orgName: '石桥村党支部', name: '王＊', reason: '', createdAt: '2026-12-10T01:00:00Z' };
    api.people.me.mockResolvedValue({ ...nobody, binding: { ...binding, state: 'pending' } });
    await tap(page, 'choice-0');
    expect(find(page, 'bind-waiting').text()).toBe('等待书记确认');
    expect(find(page, 'bind').exists()).toBe(false);
    api.people.me.mockResolvedValue({ ...nobody, binding: { ...binding, state: 'declined', reason: '请当面核对' } });
    await tap(page, 'bind-withdraw');
    expect(api.bindings.withdraw).toHaveBeenCalled();
    expect(find(page, 'bind-declined').text()).toContain('请当面核对');
  });
});

it('unbinds after a question', async () => {
  const { page } = await open(Me);
  await tap(page, 'unbind');
  expect(api.people.unbind).not.toHaveBeenCalled();
  api.people.me.mockResolvedValue(me({ member: null }));
  await tap(page, 'unbind-dialog-yes');
  expect(find(page, 'my-name').text()).toBe('还没有绑定');
});

describe('logging out', () => {
  it('leaves for the chooser in the demonstration', async () => {
    const { page } = await open(Me);
    await tap(page, 'logout');
    await tap(page, 'logout-dialog-yes');
    expect(api.people.logout).toHaveBeenCalled();
    expect(platform.changePerson).toHaveBeenCalled();
    expect(platform.secrets.get('me')).toBeUndefined();
  });
  it('hands in first what waits, and warns of what would be lost', async () => {
    api.checkins.batch.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    platform.secrets.set('outbox', [kept('a'), kept('b')]);
    const { page } = await open(Me);
    await tap(page, 'logout');
    expect(find(page, 'logout-dialog').text()).toContain('还有 2 次签到没交上去');
    await tap(page, 'logout-dialog-yes');
    expect(api.checkins.batch.mock.invocationCallOrder[0]).toBeLessThan(api.people.logout.mock.invocationCallOrder[0] ?? 0);
    expect(platform.secrets.get('outbox')).toEqual([]);
  });
});

it('says what is wrong and tries again', async () => {
  api.people.me.mockRejectedValueOnce(new ApiError(503, 'busy', '现在使用的人多'));
  const { page } = await open(Me);
  expect(find(page, 'error').text()).toContain('现在使用的人多');
  await tap(page, 'retry');
  expect(find(page, 'my-name').exists()).toBe(true);
});

it('about copies a line that helps whoever helps', async () => {
  const { page } = await open(About);
  await tap(page, 'report');
  expect(platform.copy).toHaveBeenCalledWith('网页 · 未登录 · 12月10日', '已复制');
});

it('the privacy page says what is kept and what is not', async () => {
  const { page } = await open(Privacy);
  for (const words of ['手机号：加密保存', '不收身份证号', '不保存您的位置', '没有积分和排名']) expect(page.text()).toContain(words);
});
