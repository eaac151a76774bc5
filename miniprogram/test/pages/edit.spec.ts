import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { EventInput } from '@/api/events';
import { platform } from '../fakes/platform';
import { event, NOW, org, secretary } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({
  events: { get: vi.fn(), create: vi.fn(), update: vi.fn(), publish: vi.fn() }, people: { me: vi.fn(), orgs: vi.fn() }, reminders: { ofEvent: vi.fn(), usual: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Edit from '@/pkg-secretary/pages/edit/edit.vue';

const draft = event({ state: 'draft', phase: 'draft' });
const sent = (call = 0): EventInput => (api.events.create.mock.calls[call] as [EventInput])[0];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  platform.storage.clear();
  api.people.me.mockResolvedValue(secretary());
  api.people.orgs.mockResolvedValue({ items: [org(), org({ id: 'b2', name: '柳湾村党支部', themeDay: 15 })], next: '' });
  api.events.create.mockResolvedValue(draft);
  api.events.update.mockResolvedValue(draft);
  api.events.publish.mockResolvedValue(event());
  api.reminders.usual.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
  api.reminders.ofEvent.mockResolvedValue({ reach: { expected: 38, reachable: 31, unbound: 4, noGrant: 3 }, items: [], deliveries: [], phone: [] });
});
afterEach(() => { vi.useRealTimers(); });

describe('publishing', () => {
  it('begins with the reminders that the branch usually has', async () => {
    api.reminders.usual.mockResolvedValue({ published: true, dayBefore: false, soon: true, recordReady: false });
    const { page } = await open(Edit);
    await type(page, 'place-input', '村部二楼');
    await tap(page, 'save-draft');
    expect(api.reminders.usual).toHaveBeenCalledWith('b000000000001');
    expect(sent().reminders).toEqual({ published: true, dayBefore: false, soon: true, recordReady: false });
  });

  it('needs only the place, says whom it reaches, and publishes after a yes', async () => {
    const { page, uni } = await open(Edit);
    await type(page, 'place-input', '村部二楼');
    await tap(page, 'publish');
    expect(sent()).toMatchObject({ title: '12月主题党日', hostOrgId: 'b000000000001', startsAt: '2026-12-10T07:00:00Z', endsAt: '2026-12-10T09:00:00Z', place: { name: '村部二楼' } });
    expect(find(page, 'publish-dialog').text()).toContain('38 人中 31 人可收到微信提醒，7 人需要电话通知');
    expect(api.events.publish).not.toHaveBeenCalled();
    await tap(page, 'publish-dialog-yes');
    expect(api.events.publish).toHaveBeenCalledWith(draft.id, expect.any(String));
    expect(uni.redirectTo).toHaveBeenCalledWith({ url: `/pages/event/event?id=${draft.id}` });
  });

  it('keeps the draft after a no, and a second try changes that draft instead of making another', async () => {
    const { page } = await open(Edit);
    await type(page, 'place-input', '村部二楼');
    await tap(page, 'publish');
    await tap(page, 'publish-dialog-no');
    await tap(page, 'publish');
    expect(api.events.create).toHaveBeenCalledTimes(1);
    expect(api.events.update).toHaveBeenCalledTimes(1);
  });

  it('repeats the same key when the first answer was lost', async () => {
    api.events.create.mockRejectedValueOnce(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(Edit);
    await type(page, 'place-input', '村部二楼');
    await tap(page, 'publish');
    expect(find(page, 'form-error').text()).toContain('网络不通');
    await tap(page, 'publish');
    expect(sent(0).key).toBe(sent(1).key);
  });
});

describe('mistakes', () => {
  it('are shown at the field and nothing is sent', async () => {
    const { page } = await open(Edit);
    await tap(page, 'publish');
    expect(find(page, 'error-placeName').text()).toContain('请填写地点');
    expect(find(page, 'form-error').text()).toContain('还差一点');
    expect(api.events.create).not.toHaveBeenCalled();
  });

  it('found by the server land at their field', async () => {
    api.events.create.mockRejectedValue(new ApiError(400, 'invalid', '请检查填写的内容', { 'place.name': '地点不能用' }));
    const { page } = await open(Edit);
    await type(page, 'place-input', '村部');
    await tap(page, 'save-draft');
    expect(find(page, 'error-placeName').text()).toBe('地点不能用');
    expect(find(page, 'form-error').text()).toBe('请检查填写的内容');
  });
});

it('offers titles, kinds and the place of last time by one tap', async () => {
  platform.storage.set('places', ['党群服务中心']);
  const { page } = await open(Edit);
  await tap(page, 'kind-lecture');
  await tap(page, 'place-idea');
  await tap(page, 'start-now');
  await tap(page, 'save-draft');
  expect(sent()).toMatchObject({ kind: 'lecture', title: '12月党课', place: { name: '党群服务中心' }, startsAt: '2026-12-10T06:50:00Z' });
});

it('adds guests and unfolds what is rarely needed', async () => {
  const { page } = await open(Edit);
  await type(page, 'place-input', '村部');
  await tap(page, 'guests-open');
  await tap(page, 'org-b2');
  expect(find(page, 'remind-day-before').exists()).toBe(false);
  await tap(page, 'more-settings');
  await tap(page, 'remind-day-before');
  await type(page, 'summary-input', '学习');
  await tap(page, 'save-draft');
  expect(sent()).toMatchObject({ guestOrgIds: ['b2'], reminders: { published: true, dayBefore: false, soon: false, recordReady: true }, summary: '学习' });
});

it('opens an event for a change and saves it whole', async () => {
  api.events.get.mockResolvedValue(event({ title: '旧标题' }));
  api.events.update.mockResolvedValue(event());
  const { page, uni } = await open(Edit, { id: 'e000000000001' });
  expect(find(page, 'publish').exists()).toBe(false);
  await type(page, 'title-input', '新标题');
  await tap(page, 'save');
  expect(api.events.update).toHaveBeenCalledWith('e000000000001', expect.objectContaining({ title: '新标题', startsAt: '2026-12-10T07:00:00Z', revision: 1 }));
  expect(uni.navigateBack).toHaveBeenCalled();
});

it('tells when somebody else was faster, and lets the next tap decide', async () => {
  api.events.get.mockResolvedValueOnce(event({ revision: 1 })).mockResolvedValue(event({ revision: 5 }));
  api.events.update.mockRejectedValueOnce(new ApiError(409, 'event_changed', '活动刚被别人改过')).mockResolvedValue(event({ revision: 6 }));
  const { page } = await open(Edit, { id: 'e000000000001' });
  await type(page, 'title-input', '我的标题');
  await tap(page, 'save');
  expect(find(page, 'form-error').text()).toContain('再点一次');
  await tap(page, 'save');
  expect(api.events.update).toHaveBeenLastCalledWith('e000000000001', expect.objectContaining({ title: '我的标题', revision: 5 }));
});

it('says what is wrong with what the form does not show, and opens the fold for what it hides', async () => {
  api.events.create.mockRejectedValue(new ApiError(400, 'invalid_input', '填写的内容有误', { 'place.radius': '半径太大', 'checkin.opensAt': '签到最早可提前一天开始', guestOrgIds: '柳湾村党支部已包含在主办组织里' }));
  const { page } = await open(Edit);
  await type(page, 'place-input', '村部');
  await tap(page, 'save-draft');
  expect(find(page, 'form-error').text()).toBe('填写的内容有误：半径太大');
  expect(find(page, 'error-hostOrgId').text()).toContain('已包含在主办组织里');
  expect(find(page, 'remind-published').exists()).toBe(true);
});

it('shows somebody from above whose event they correct', async () => {
  const branch = { id: 'b000000000009', name: '柳湾村党支部', kind: 'branch' as const };
  api.events.get.mockResolvedValue(event({ host: branch, hostOrgId: branch.id }));
  const { page } = await open(Edit, { id: 'e000000000001' });
  expect(find(page, 'host-b000000000009').attributes('aria-checked')).toBe('true');
});
