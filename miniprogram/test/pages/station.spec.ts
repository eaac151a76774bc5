import { flushPromises } from '@vue/test-utils';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { PersonalCode } from '@/api/stations';
import { attendance, event, keptBy, kept, NOW, secretary } from '../fakes/nouns';
import { find, open, run, tap } from '../fakes/page';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({
  events: { get: vi.fn() }, people: { me: vi.fn() }, checkins: { batch: vi.fn() },
  stations: { myCode: vi.fn(), renewMine: vi.fn(), renewFor: vi.fn(), cards: vi.fn(), scan: vi.fn(), pack: vi.fn(), send: vi.fn(), answer: vi.fn() },
}));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import MyCode from '@/pages/mycode/mycode.vue';
import Queue from '@/pages/queue/queue.vue';
import Cards from '@/pkg-station/pages/cards/cards.vue';
import Scan from '@/pkg-station/pages/scan/scan.vue';
import Station from '@/pkg-station/pages/station/station.vue';

const LINK = 'https://x.example/c/p0123456789abc.0123456789abcdef';
const personal = (part: Partial<PersonalCode> = {}): PersonalCode => ({ memberId: '0123456789abc', memberName: '张志强', orgName: '石桥村党支部', bound: true, url: LINK, generation: 1, changedAt: null, ...part });

/** A pack with one person, sealed as the server does. */
function sealed(status = 'pending') {
  const [key, nonce, salt] = [randomBytes(32), randomBytes(12), randomBytes(16)];
  const hash = createHash('sha256').update(salt).update('p0123456789abc.0123456789abcdef').digest().subarray(0, 16).toString('base64');
  const people = [{ id: '0123456789abc', name: '张志强', org: '石桥村党支部', hash, proof: 'x', expected: true, status }];
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('roster pack p1'));
  const text = JSON.stringify({ id: 'p1', eventId: 'e000000000001', title: '12月主题党日', salt: salt.toString('base64'), window: {}, people });
  const content = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { id: 'p1', eventId: 'e000000000001', people: 1, expiresAt: new Date(NOW + 86_400_000).toISOString(), serverTime: new Date(NOW).toISOString(), key: key.toString('base64'), sealed: content };
}

beforeEach(() => {
  vi.resetAllMocks();
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  platform.secrets.clear();
  platform.storage.clear();
  platform.secrets.set('me', secretary());
  platform.scan.mockResolvedValue('');
  api.people.me.mockResolvedValue(secretary());
  api.events.get.mockResolvedValue(event());
  api.stations.pack.mockResolvedValue(sealed());
  api.stations.send.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
});
afterEach(async () => { await run('unload'); vi.useRealTimers(); });

describe('my own code', () => {
  it('is shown, also without signal once it was seen', async () => {
    api.stations.myCode.mockResolvedValueOnce(personal());
    const first = await open(MyCode);
    expect(find(first.page, 'my-code-url').text()).toBe(LINK);
    expect(find(first.page, 'my-qr').attributes('src')).toMatch(/^data:image/);
    api.stations.myCode.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(MyCode);
    expect(find(page, 'my-code-url').text()).toBe(LINK);
  });
  it('is renewed after a question, naming the one it replaces', async () => {
    api.stations.myCode.mockResolvedValue(personal());
    api.stations.renewMine.mockResolvedValue(personal({ url: `${LINK}x`, generation: 2 }));
    const { page } = await open(MyCode);
    await tap(page, 'renew');
    expect(api.stations.renewMine).not.toHaveBeenCalled();
    await tap(page, 'renew-dialog-yes');
    expect(api.stations.renewMine).toHaveBeenCalledWith(1);
    expect(find(page, 'my-code-url').text()).toBe(`${LINK}x`);
  });
});

describe('scanning at the door', () => {
  const scanned = async (answer: () => Promise<unknown>) => {
    api.stations.scan.mockImplementationOnce(answer);
    platform.scan.mockResolvedValueOnce(LINK);
    const opened = await open(Scan, { id: 'e000000000001' });
    await tap(opened.page, 'scan-next');
    await flushPromises();
    return opened.page;
  };
  it('shows the name large and feels right', async () => {
    const page = await scanned(() => Promise.resolve({ attendance: attendance({ status: 'present', at: '2026-12-10T06:50:00Z' }), repeated: false }));
    expect(find(page, 'last-name').text()).toBe('张志强');
    expect(platform.signal).toHaveBeenCalledWith(true);
    expect(api.stations.scan).toHaveBeenCalledWith('e000000000001', expect.any(String), LINK);
    expect(find(page, 'done-m000000000001').text()).toContain('已到');
  });
  it('says why somebody was not recorded', async () => {
    const page = await scanned(() => Promise.reject(new ApiError(409, 'personal_revoked', '这个个人码已换新')));
    expect(find(page, 'last-text').text()).toContain('已换新');
    expect(platform.signal).toHaveBeenCalledWith(false);
  });
  it('leads to the station when there is no signal', async () => {
    const page = await scanned(() => Promise.reject(new ApiError(0, 'network', '网络不通')));
    expect(find(page, 'last-name').text()).toBe('没有信号');
  });
});

describe('the station', () => {
  it('takes the roster along, records and keeps', async () => {
    const { page } = await open(Station, { id: 'e000000000001' });
    await tap(page, 'download');
    expect(find(page, 'pack-note').text()).toContain('离线名单 1 人');
    platform.scan.mockResolvedValueOnce(LINK);
    await tap(page, 'scan-next');
    expect(find(page, 'last-name').text()).toBe('张志强');
    expect(find(page, 'unsent').text()).toBe('1');
    expect(find(page, 'came').text()).toBe('1');
    expect(platform.secrets.get('station.kept')).toMatchObject([{ memberId: '0123456789abc', code: 'p0123456789abc.0123456789abcdef', state: 'waiting', scannedAt: new Date(NOW).toISOString() }]);
  });
  it('has the roster after a restart without signal', async () => {
    await tap((await open(Station, { id: 'e000000000001' })).page, 'download');
    api.events.get.mockRejectedValue(new ApiError(0, 'network', '网络不通'));
    const { page } = await open(Station, { id: 'e000000000001' });
    await tap(page, 'tick-0123456789abc');
    expect(find(page, 'row-0123456789abc').text()).toContain('已记下');
    expect(platform.secrets.get<{ code?: string }[]>('station.kept')?.[0]).not.toHaveProperty('code');
  });
  it('lets nobody pass with another code', async () => {
    const { page } = await open(Station, { id: 'e000000000001' });
    await tap(page, 'download');
    platform.scan.mockResolvedValueOnce(LINK.replace(/f$/, 'e'));
    await tap(page, 'scan-next');
    expect(find(page, 'last-text').text()).toContain('请核对本人');
    expect(platform.secrets.get('station.kept')).toBeUndefined();
  });
  it('says so when somebody has a leave, and records all the same', async () => {
    api.stations.pack.mockResolvedValue(sealed('sick'));
    const { page } = await open(Station, { id: 'e000000000001' });
    await tap(page, 'download');
    await tap(page, 'tick-0123456789abc');
    expect(find(page, 'last-text').text()).toContain('病假');
  });
  it('deletes the roster of an event that is closed', async () => {
    await tap((await open(Station, { id: 'e000000000001' })).page, 'download');
    api.events.get.mockResolvedValue(event({ state: 'closed', phase: 'closed' }));
    const { page } = await open(Station, { id: 'e000000000001' });
    expect(platform.storage.get('pack.p1')).toBeUndefined();
    expect(find(page, 'pack-note').exists()).toBe(false);
  });
});

describe('the queue', () => {
  it('shows what waits, what was refused and what has arrived', async () => {
    platform.secrets.set('outbox', [kept('a')]);
    platform.secrets.set('station.kept', [keptBy('b'), keptBy('c', { memberId: 'm2', memberName: '李秀英', state: 'refused', message: '手机时间不准' }), keptBy('d', { memberId: 'm3', state: 'sent', message: '已登记' })]);
    api.checkins.batch.mockRejectedValue(new ApiError(0, 'network', ''));
    const { page } = await open(Queue);
    expect(find(page, 'sum').text()).toContain('2 条待上传');
    expect(find(page, 'scan-a').text()).toContain('待上传');
    expect(find(page, 'held-m1').text()).toContain('勾选');
    expect(find(page, 'refused-m2').text()).toContain('手机时间不准');
    expect(find(page, 'sent-m3').text()).toContain('已上传');
    await tap(page, 'dismiss-m2');
    expect(find(page, 'refused-m2').exists()).toBe(false);
  });
  it('keeps what became of a member’s scans', async () => {
    platform.secrets.set('outbox', [kept('a', { code: 'https://x/c/e0123456789abc.1.mac' })]);
    platform.secrets.set('cache.home', [event({ id: '0123456789abc', title: '冬训' })]);
    api.checkins.batch.mockResolvedValue({ items: [{ key: 'a', status: 409, attendance: null, repeated: false, error: { code: 'code_expired', message: '签到码已过期' } }] });
    const { page } = await open(Queue);
    expect(find(page, 'ended-a').text()).toContain('冬训');
    expect(find(page, 'ended-a').text()).toContain('签到码已过期');
    expect(find(page, 'sum').text()).toContain('都上传了');
  });
  it('shows both versions of a question and takes the answer', async () => {
    const question = { reason: 'marked_otherwise', message: '要改为到场吗？', status: 'present', source: 'roll', at: '2026-12-10T07:00:00Z' } as const;
    platform.secrets.set('station.kept', [keptBy('q', { state: 'question', question, there: attendance({ status: 'sick', source: 'roll', revision: 1 }) })]);
    const { page } = await open(Queue);
    expect(find(page, 'question-m1').text()).toMatch(/要改为到场吗？.*病假.*已到/s);
    await tap(page, 'keep-m1');
    expect(api.stations.answer).toHaveBeenCalledWith('e000000000001', expect.objectContaining({ key: 'q' }), 'keep', 1);
    expect(find(page, 'question-m1').exists()).toBe(false);
  });
  it('says when there is nothing', async () => {
    const { page } = await open(Queue);
    expect(find(page, 'empty').text()).toContain('没有待上传');
  });
});

it('prints cards of those without WeChat, or of all, and renews one', async () => {
  api.stations.cards.mockResolvedValue({ items: [personal({ bound: false })], next: '' });
  api.stations.renewFor.mockResolvedValue(personal({ generation: 2 }));
  const { page } = await open(Cards);
  expect(api.stations.cards).toHaveBeenCalledWith('b000000000001', false, '');
  expect(find(page, 'card-0123456789abc').text()).toContain('张志强');
  await tap(page, 'all');
  expect(api.stations.cards).toHaveBeenLastCalledWith('b000000000001', true, '');
  await tap(page, 'print');
  expect(platform.print).toHaveBeenCalled();
  await tap(page, 'renew-0123456789abc');
  await tap(page, 'renew-dialog-yes');
  expect(api.stations.renewFor).toHaveBeenCalledWith('0123456789abc', 1);
});
