import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { attendance, brief, me, NOW, scanAnswer } from '../fakes/nouns';
import { find, open, tap } from '../fakes/page';

const api = vi.hoisted(() => ({ checkins: { scan: vi.fn(), checkin: vi.fn(), batch: vi.fn() }, people: { me: vi.fn(), bind: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Checkin from '@/pages/checkin/checkin.vue';

const CODE = 'https://d.example/c/e1.2.mac';
const came = attendance({ status: 'present', source: 'scan', at: '2026-12-10T06:58:00Z', revision: 1 });

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  platform.storage.clear();
  api.people.me.mockResolvedValue(me());
  api.checkins.scan.mockResolvedValue(scanAnswer());
  api.checkins.checkin.mockResolvedValue({ attendance: came, repeated: false, event: brief() });
});

describe('a scan', () => {
  it('asks what it is for, checks in with the ticket, and says so in large letters', async () => {
    const { page } = await open(Checkin, { q: encodeURIComponent(CODE) });
    expect(api.checkins.scan).toHaveBeenCalledWith(CODE, undefined);
    expect(api.checkins.checkin).toHaveBeenCalledWith({ device: expect.any(String) as string, key: expect.stringMatching(/.{10,64}/) as string, ticket: 'ticket-1' });
    expect(find(page, 'subject').text()).toContain('12月主题党日');
    expect(find(page, 'result-title').text()).toBe('签到成功');
    expect(find(page, 'result-time').text()).toBe('14:58');
  });

  it('takes a spoken code with its event', async () => {
    await open(Checkin, { code: '482913', event: 'e1' });
    expect(api.checkins.scan).toHaveBeenCalledWith('482913', 'e1');
  });

  it('says the same time again to whom it was said before', async () => {
    api.checkins.checkin.mockResolvedValue({ attendance: came, repeated: true, event: brief() });
    const { page } = await open(Checkin, { q: CODE });
    expect(find(page, 'result-title').text()).toBe('已经签到过了');
    expect(find(page, 'result-text').text()).toContain('14:58');
  });

  it('does not check in a second time when the scan already tells', async () => {
    api.checkins.scan.mockResolvedValue(scanAnswer({ already: came }));
    const { page } = await open(Checkin, { q: CODE });
    expect(api.checkins.checkin).not.toHaveBeenCalled();
    expect(find(page, 'result-title').text()).toBe('已经签到过了');
  });

  it('checks in somebody who had asked for leave and came after all', async () => {
    api.checkins.scan.mockResolvedValue(scanAnswer({ already: attendance({ status: 'sick' }) }));
    const { page } = await open(Checkin, { q: CODE });
    expect(find(page, 'result-title').text()).toBe('签到成功');
  });

});

describe('the position', () => {
  const here = { lat: 30, lng: 114, accuracy: 20 };
  const sent = (): unknown => (api.checkins.checkin.mock.calls[0]?.[0] as { position?: unknown } | undefined)?.position;
  const placed = (): void => { api.checkins.scan.mockResolvedValue(scanAnswer({ subject: { ...scanAnswer().subject, event: brief({ placed: true }) } })); };
  beforeEach(() => { platform.locate.mockResolvedValue(here as never); });

  it('is asked for before anything is sent, and goes along with a yes', async () => {
    placed();
    const { page } = await open(Checkin, { q: CODE });
    expect(find(page, 'asking').text()).toContain('不附也一样能签到');
    expect(api.checkins.checkin).not.toHaveBeenCalled();
    await tap(page, 'position-yes');
    expect(sent()).toEqual(here);
    expect(platform.storage.get('sharePosition')).toBeUndefined();
  });

  it('stays here with a no, which checks in all the same', async () => {
    placed();
    const { page } = await open(Checkin, { q: CODE });
    await tap(page, 'position-no');
    expect(sent()).toBeUndefined();
    expect(platform.locate).not.toHaveBeenCalled();
    expect(find(page, 'result-title').text()).toBe('签到成功');
  });

  it.each([[true, 'position-yes', here], [false, 'position-no', undefined]])('is not asked for again after a %s for good', async (answer, button, position) => {
    placed();
    const { page } = await open(Checkin, { q: CODE });
    await tap(page, 'position-always');
    await tap(page, button);
    expect(platform.storage.get('sharePosition')).toBe(answer);
    api.checkins.checkin.mockClear();
    const again = await open(Checkin, { q: CODE });
    expect(find(again.page, 'asking').exists()).toBe(false);
    expect(sent()).toEqual(position);
  });

  it('is asked for once per scan, however often that has to be sent', async () => {
    placed();
    api.checkins.checkin.mockRejectedValueOnce(new ApiError(503, 'busy', '忙'));
    const { page } = await open(Checkin, { q: CODE });
    await tap(page, 'position-yes');
    await tap(page, 'try-again');
    expect(find(page, 'asking').exists()).toBe(false);
    expect(find(page, 'result-title').text()).toBe('签到成功');
  });

  it('does not come from a phone that says nothing, and that stops nobody', async () => {
    placed();
    platform.locate.mockResolvedValue(undefined);
    const { page } = await open(Checkin, { q: CODE });
    await tap(page, 'position-yes');
    expect(sent()).toBeUndefined();
    expect(find(page, 'result-title').text()).toBe('签到成功');
  });

  it('is of no use where the place has none', async () => {
    platform.storage.set('sharePosition', true);
    await open(Checkin, { q: CODE });
    expect(platform.locate).not.toHaveBeenCalled();
    expect(sent()).toBeUndefined();
  });
});

it('binds first where needed, then goes on with the same ticket', async () => {
  api.checkins.scan.mockResolvedValue(scanAnswer({ needsBinding: true }));
  platform.phoneCode.mockResolvedValue('phone-1');
  api.people.bind.mockResolvedValue(me());
  const { page } = await open(Checkin, { q: CODE });
  expect(api.checkins.checkin).not.toHaveBeenCalled();
  await tap(page, 'bind');
  expect(api.people.bind).toHaveBeenCalledWith('phone-1');
  expect(api.checkins.checkin).toHaveBeenCalledWith(expect.objectContaining({ ticket: 'ticket-1' }));
  expect(find(page, 'result-done').exists()).toBe(true);
});

it('says why a phone is not in the roster and what to do', async () => {
  api.checkins.scan.mockResolvedValue(scanAnswer({ needsBinding: true }));
  platform.phoneCode.mockResolvedValue('phone-1');
  api.people.bind.mockRejectedValue(new ApiError(404, 'not_in_roster', '名册里没有这个手机号，请联系书记登记'));
  const { page } = await open(Checkin, { q: CODE });
  await tap(page, 'bind');
  expect(find(page, 'bind-error').text()).toBe('名册里没有这个手机号，请联系书记登记');
  expect(api.checkins.checkin).not.toHaveBeenCalled();
});

describe('a refusal', () => {
  it.each([
    ['code_expired', 409, 'refused', '重新扫一次'], ['event_not_open_yet', 409, 'refused', '到时间后'], ['not_expected', 403, 'refused', '补进名单'],
    ['spoken_wrong', 409, 'refused', '六位数字'], ['too_many_attempts', 429, 'failed', '改用扫码'], ['busy', 503, 'failed', '书记'],
  ])('%s is explained', async (code, status, step, advice) => {
    api.checkins.scan.mockRejectedValue(new ApiError(status, code, `不行：${code}`));
    const { page } = await open(Checkin, { q: CODE });
    expect(find(page, `result-${step}`).exists()).toBe(true);
    expect(find(page, 'result-text').text()).toBe(`不行：${code}`);
    expect(find(page, 'advice').text()).toContain(advice);
  });

  it('needs no request when there is no code', async () => {
    const { page } = await open(Checkin, {});
    expect(api.checkins.scan).not.toHaveBeenCalled();
    expect(find(page, 'result-title').text()).toBe('没有签到');
  });

  it('keeps its key over another try', async () => {
    api.checkins.checkin.mockRejectedValueOnce(new ApiError(503, 'busy', '忙'));
    const { page } = await open(Checkin, { q: CODE });
    await tap(page, 'try-again');
    const keys = api.checkins.checkin.mock.calls.map(([input]) => (input as { key: string }).key);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
    expect(find(page, 'result-title').text()).toBe('签到成功');
  });

  it('takes a new key for a new scan', async () => {
    api.checkins.checkin.mockRejectedValueOnce(new ApiError(409, 'ticket_expired', '过期'));
    platform.scan.mockResolvedValue('https://d.example/c/e1.3.mac');
    const { page } = await open(Checkin, { q: CODE });
    await tap(page, 'scan-again');
    const keys = api.checkins.checkin.mock.calls.map(([input]) => (input as { key: string }).key);
    expect(keys[0]).not.toBe(keys[1]);
    expect(api.checkins.scan).toHaveBeenLastCalledWith('https://d.example/c/e1.3.mac', undefined);
  });
});

describe('without signal', () => {
  beforeEach(() => { api.checkins.scan.mockRejectedValue(new ApiError(0, 'network', '网络不通')); });

  it('keeps the scan with its instant for later', async () => {
    const { page } = await open(Checkin, { q: CODE });
    expect(find(page, 'result-title').text()).toBe('已记下这次签到');
    expect(platform.secrets.get<{ code: string }[]>('outbox')).toMatchObject([{ code: CODE }]);
  });

  it('keeps a spoken code with its event', async () => {
    await open(Checkin, { code: '482913', event: 'e000000000001' });
    expect(platform.secrets.get('outbox')).toMatchObject([{ code: '482913', eventId: 'e000000000001' }]);
  });

  it('takes the instant of the scan, not of giving up, by the server\'s clock', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    platform.storage.set('clockOffset', 120_000);
    api.checkins.scan.mockImplementation(() => { vi.setSystemTime(NOW + 35_000); return Promise.reject(new ApiError(0, 'network', '网络不通')); });
    await open(Checkin, { q: CODE });
    expect(platform.secrets.get('outbox')).toMatchObject([{ scannedAt: '2026-12-10T06:52:00.000Z' }]);
    vi.useRealTimers();
  });

  it('believes WeChat\'s camera about when it was', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    await open(Checkin, { q: CODE, scancode_time: String(NOW / 1000 - 20) });
    expect(platform.secrets.get('outbox')).toMatchObject([{ scannedAt: '2026-12-10T06:49:40.000Z' }]);
    vi.useRealTimers();
  });
});
