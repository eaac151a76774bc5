import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { EventItem } from '@/api/events';
import { platform } from '../fakes/platform';
import { event, mark, me, NOW, request, template } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({
  events: { get: vi.fn() }, people: { me: vi.fn() }, reminders: { templates: vi.fn(), grant: vi.fn() }, checkins: { batch: vi.fn(), changes: vi.fn() },
  requests: { mine: vi.fn(), toDecide: vi.fn(), ask: vi.fn(), withdraw: vi.fn(), keep: vi.fn() }, roll: { helpable: vi.fn(), help: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import EventPage from '@/pages/event/event.vue';

const ID = '01hxyz0000abc';
const show = async (part: Partial<EventItem> = {}) => {
  api.events.get.mockResolvedValue(event({ id: ID, ...part }));
  return open(EventPage, { id: ID });
};
const ahead: Partial<EventItem> = { phase: 'upcoming', startsAt: '2026-12-12T07:00:00Z', endsAt: '2026-12-12T09:00:00Z' };
const over: Partial<EventItem> = { phase: 'ended', startsAt: '2026-12-10T04:00:00Z', endsAt: '2026-12-10T06:00:00Z' };
const asked = (...items: ReturnType<typeof request>[]): void => { api.requests.mine.mockResolvedValue({ items, next: '' }); };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] });
  vi.resetAllMocks();
  platform.secrets.clear();
  platform.subscriptions.mockResolvedValue({ on: true, always: {} });
  api.people.me.mockResolvedValue(me());
  api.reminders.templates.mockResolvedValue({ items: [] });
  api.requests.ask.mockResolvedValue(request());
  api.requests.withdraw.mockResolvedValue(request({ state: 'withdrawn' }));
  api.requests.keep.mockResolvedValue({ id: 'p1' });
  api.roll.helpable.mockResolvedValue({ items: [{ id: 'm9', name: '王建国', initials: 'wjg' }], left: 5 });
  api.roll.help.mockResolvedValue({ repeated: false });
  asked();
});
afterEach(() => { vi.useRealTimers(); });

describe('leave', () => {
  it('is asked for with a kind and a reason by two taps', async () => {
    const { page, uni } = await show(ahead);
    await tap(page, 'ask-leave');
    expect(find(page, 'ask-submit').attributes('disabled')).toBeDefined();
    await tap(page, 'ask-private');
    await type(page, 'ask-reason', '家里有事');
    asked(request({ status: 'private', canWithdraw: true }));
    await tap(page, 'ask-submit');
    expect(api.requests.ask).toHaveBeenCalledWith(ID, expect.objectContaining({ kind: 'leave', status: 'private', reason: '家里有事', evidence: [], key: expect.stringMatching(/.+/) as string }));
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已提交，等待审批' }));
    expect(find(page, 'my-requests').text()).toContain('请事假');
    expect(find(page, 'my-requests').text()).toContain('等待审批');
    expect(find(page, 'ask-leave').exists()).toBe(false);
  });

  it('adds the messages that the person allows for good, with the tap that sends it', async () => {
    platform.subscriptions.mockResolvedValue({ on: true, always: { d1: 'accept' } });
    platform.askSubscribe.mockResolvedValue({ d1: 'accept' });
    api.reminders.templates.mockResolvedValue({ items: [template({ id: 'd1', kinds: ['leave_decided'] })] });
    api.reminders.grant.mockResolvedValue({ items: [] });
    const { page } = await show(ahead);
    await tap(page, 'ask-leave');
    await type(page, 'ask-reason', '发烧了');
    expect(platform.askSubscribe).not.toHaveBeenCalled();
    await tap(page, 'ask-submit');
    expect(platform.askSubscribe).toHaveBeenCalledTimes(1);
    expect(api.reminders.grant).toHaveBeenCalledWith(expect.any(String), { d1: 'accept' });
  });

  it('asks for the answer in the very tap that sends it, before anything is awaited', async () => {
    const order: string[] = [];
    platform.askSubscribe.mockImplementation(() => { order.push('dialog'); return Promise.resolve({ d1: 'accept' }); });
    api.requests.ask.mockImplementation(() => { order.push('sent'); return Promise.resolve(request()); });
    api.reminders.templates.mockResolvedValue({ items: [template({ id: 'd1', kinds: ['leave_decided'] })] });
    api.reminders.grant.mockResolvedValue({ items: [template({ id: 'd1', kinds: ['leave_decided'], remaining: 1 })] });
    const { page } = await show(ahead);
    await tap(page, 'ask-leave');
    await type(page, 'ask-reason', '发烧了');
    const press = find(page, 'ask-submit').trigger('click');
    expect(order, 'in the call stack of the tap').toContain('dialog');
    asked(request({ canWithdraw: true }));
    await press;
    expect(order).toEqual(['dialog', 'sent']);
    expect(api.reminders.grant).toHaveBeenCalledWith(expect.any(String), { d1: 'accept' });
  });

  it('can have a picture, which can be dropped again', async () => {
    platform.pickPicture.mockResolvedValue({ bytes: new ArrayBuffer(8), src: 'blob:1' });
    const { page } = await show(ahead);
    await tap(page, 'ask-leave');
    await tap(page, 'add-picture');
    expect(api.requests.keep).toHaveBeenCalledWith(expect.any(ArrayBuffer));
    await tap(page, 'drop-0');
    await tap(page, 'add-picture');
    await type(page, 'ask-reason', '住院治疗');
    await tap(page, 'ask-submit');
    expect(api.requests.ask).toHaveBeenCalledWith(ID, expect.objectContaining({ evidence: ['p1'] }));
  });

  it('says why a picture or the request was refused, and keeps what was written', async () => {
    platform.pickPicture.mockResolvedValue({ bytes: new ArrayBuffer(8), src: 'blob:1' });
    api.requests.keep.mockRejectedValue(new ApiError(400, 'picture_too_large', '照片太大，请换一张小一点的'));
    api.requests.ask.mockRejectedValue(new ApiError(409, 'leave_too_late', '活动已经开始，不能再请假，请直接联系书记'));
    const { page } = await show(ahead);
    await tap(page, 'ask-leave');
    await tap(page, 'add-picture');
    expect(find(page, 'ask-error').text()).toContain('照片太大');
    await type(page, 'ask-reason', '家里有事');
    await tap(page, 'ask-submit');
    expect(find(page, 'ask-error').text()).toContain('活动已经开始');
    expect(find(page, 'ask-sheet').exists()).toBe(true);
  });

  it('is taken back after a question', async () => {
    asked(request({ state: 'approved', decidedBy: { id: 'm1', name: '陈书记' }, canWithdraw: true }));
    const { page } = await show(ahead);
    expect(find(page, 'decision').text()).toBe('陈书记已同意');
    await tap(page, 'withdraw');
    await tap(page, 'withdraw-dialog-yes');
    expect(api.requests.withdraw).toHaveBeenCalledWith('r1');
  });

  it('says why it was declined, and can be asked for again', async () => {
    asked(request({ state: 'declined', decidedBy: { id: 'm1', name: '陈书记' }, decisionReason: '请尽量参加' }));
    const { page } = await show(ahead);
    expect(find(page, 'decision').text()).toBe('陈书记没有同意：请尽量参加');
    expect(find(page, 'ask-leave').exists()).toBe(true);
  });
});

it('asks for a make-up when it is over', async () => {
  const { page } = await show(over);
  expect(find(page, 'ask-leave').exists()).toBe(false);
  await tap(page, 'ask-makeup');
  expect(find(page, 'ask-private').exists()).toBe(false);
  await type(page, 'ask-reason', '手机没电了');
  await tap(page, 'ask-submit');
  expect(api.requests.ask).toHaveBeenCalledWith(ID, expect.objectContaining({ kind: 'makeup', status: 'present' }));
});

describe('helping', () => {
  const here: Partial<EventItem> = { mine: { expected: true, attendance: mark() } };

  it('asks whether the person is there, and then checks them in', async () => {
    const { page, uni } = await show(here);
    await tap(page, 'help-open');
    await tap(page, 'help-m9');
    expect(api.roll.help).not.toHaveBeenCalled();
    api.roll.helpable.mockResolvedValue({ items: [], left: 4 });
    await tap(page, 'help-dialog-yes');
    expect(api.roll.help).toHaveBeenCalledWith(ID, expect.any(String), 'm9');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已帮王建国签到' }));
    expect(find(page, 'empty').text()).toContain('都有记录了');
  });

  it('says what is in the way', async () => {
    api.roll.helpable.mockRejectedValueOnce(new ApiError(409, 'event_over', '签到已经截止'));
    const { page } = await show(here);
    await tap(page, 'help-open');
    expect(find(page, 'help-error').text()).toContain('签到已经截止');
    await tap(page, 'help-retry');
    expect(find(page, 'help-m9').exists()).toBe(true);
  });

  it('ends after five', async () => {
    api.roll.helpable.mockResolvedValue({ items: [{ id: 'm9', name: '王建国', initials: 'wjg' }], left: 0 });
    const { page } = await show(here);
    await tap(page, 'help-open');
    expect(find(page, 'empty').text()).toContain('您已经帮了五个人');
  });
});

it('shows how my record came about', async () => {
  api.checkins.changes.mockResolvedValue({ items: [{ revision: 1, from: 'pending', to: 'present', source: 'helped', at: '2026-12-10T06:40:00Z', by: { id: 'm2', name: '李秀英' }, reason: '' }], next: '' });
  const { page } = await show({ mine: { expected: true, attendance: mark({ source: 'helped' }) } });
  await tap(page, 'history-open');
  expect(find(page, 'history').text()).toContain('今天 14:40 已到（由李秀英代签）');
});
