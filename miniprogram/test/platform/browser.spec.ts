import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { platform } from '@/platform/h5';
import { adoptFromAddress, become, enterAs, openChooser, people, person } from '@/platform/h5/person';
import { scan } from '@/platform/h5/scan';
import { askSubscribe } from '@/platform/h5/subscribe';

const decoded = vi.hoisted(() => ({ decodeFile: vi.fn(), decode: vi.fn() }));
vi.mock('@/platform/h5/decode', () => decoded);

const served = vi.fn<(path: string, options?: { body?: string }) => unknown>();
const uni = { reLaunch: vi.fn(), setClipboardData: vi.fn(), showToast: vi.fn() };
const at = (name: string): HTMLElement | null => document.querySelector(`[data-testid="${name}"]`);
const press = async (name: string): Promise<void> => { at(name)?.click(); await flushPromises(); };
const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);

beforeEach(() => {
  vi.clearAllMocks();
  sessionStorage.clear();
  document.body.innerHTML = '';
  location.hash = '#/';
  vi.stubGlobal('uni', uni);
  vi.stubGlobal('fetch', vi.fn((path: string, options?: { body?: string }) => {
    const data = served(path, options);
    return Promise.resolve({ ok: data !== undefined, status: data === undefined ? 404 : 200, json: () => Promise.resolve(data) });
  }));
  served.mockReturnValue({ code: 'c1', results: { t1: 'accept' }, items: [] });
});
afterEach(() => { vi.unstubAllGlobals(); });

describe('who this tab is', () => {
  it('nobody yet: the chooser opens and the way back is kept', async () => {
    location.hash = '#/pages/event/event?id=1';
    await expect(platform.login()).rejects.toThrow();
    expect(uni.reLaunch).toHaveBeenCalledWith({ url: '/pages/demo/demo' });
    enterAs('p1');
    expect(person()).toBe('p1');
    expect(location.hash).toBe('#/pages/event/event?id=1');
    expect(reload).toHaveBeenCalledTimes(1);
  });
  it('somebody: the simulator gives a code for them', async () => {
    become('p1');
    await expect(platform.login()).resolves.toBe('c1');
    expect(served).toHaveBeenCalledWith('/__sim/login-codes', expect.objectContaining({ body: '{"person":"p1"}' }));
  });
  it('somebody else: nothing of the one before is left', () => {
    become('p1');
    platform.secrets.set('token', 't');
    become('p2');
    expect(platform.secrets.get('token')).toBeUndefined();
  });
  it('the same after a log-out, with nothing else kept', () => {
    become('p1');
    platform.secrets.set('token', 't');
    platform.secrets.clear();
    expect([person(), platform.secrets.get('token')]).toEqual(['p1', undefined]);
  });
  it('is taken from the address once', () => {
    history.replaceState(null, '', '/?as=p%207#/pages/me/me');
    adoptFromAddress();
    expect(person()).toBe('p 7');
    expect(location.href).not.toContain('as=');
    become('p2');
    adoptFromAddress();
    expect(person()).toBe('p2');
  });
  it('does not open the chooser over itself', () => {
    location.hash = '#/pages/demo/demo';
    openChooser(true);
    expect(uni.reLaunch).not.toHaveBeenCalled();
  });
  it('cannot be chosen where there is no simulator', async () => {
    served.mockReturnValue(undefined);
    await expect(people()).rejects.toThrow('404');
  });
});

it('keeps values of every kind apart from absent ones', () => {
  platform.secrets.set('none', null);
  platform.secrets.set('list', [1]);
  expect([platform.secrets.get('none'), platform.secrets.get('list'), platform.secrets.get('other')]).toEqual([null, [1], undefined]);
});

describe('the dialog for messages', () => {
  const templates = [{ id: 't1', title: '活动通知' }, { id: 't2', title: '活动提醒' }];
  const known = { mainSwitch: true, itemSettings: {} as Record<string, string> };
  const told = (path: string): unknown[] => served.mock.calls.filter(([url, options]) => url === path && options?.body).map(([, options]) => JSON.parse(options?.body ?? '') as unknown);
  const settled = (mainSwitch: boolean, itemSettings: Record<string, string>): void => {
    served.mockImplementation((url: string) => (url.startsWith('/__sim/settings') ? { mainSwitch, itemSettings } : { results: { t1: 'accept' } }));
  };
  beforeEach(() => { settled(known.mainSwitch, known.itemSettings); });
  it.each<[string, string[], Record<string, string>]>([
    ['yes to all', ['subscribe-accept'], { t1: 'accept', t2: 'accept' }], ['yes to one', ['subscribe-t2', 'subscribe-accept'], { t1: 'accept', t2: 'reject' }], ['no', ['subscribe-reject'], { t1: 'reject', t2: 'reject' }],
  ])('%s is told to the simulated WeChat', async (_name, taps, results) => {
    become('p1');
    const answer = askSubscribe(templates);
    await vi.waitFor(() => { expect(at('subscribe-sheet')?.textContent).toContain('活动提醒'); });
    for (const name of taps) await press(name);
    await expect(answer).resolves.toEqual({ t1: 'accept' });
    expect(told('/__sim/taps')).toEqual([{ person: 'p1', templateIds: ['t1', 't2'], results }]);
    expect(at('subscribe-sheet')).toBeNull();
  });
  it('closed without an answer tells nobody anything', async () => {
    const answer = askSubscribe(templates);
    await vi.waitFor(() => { expect(at('subscribe-sheet')).not.toBeNull(); });
    await press('subscribe-sheet');
    await expect(answer).resolves.toEqual({});
    expect(told('/__sim/taps')).toEqual([]);
  });
  it('asks only about what is not settled, and settles what is ticked', async () => {
    settled(true, { t1: 'accept' });
    const answer = askSubscribe(templates);
    await vi.waitFor(() => { expect(at('subscribe-t2')).not.toBeNull(); });
    expect(at('subscribe-t1')).toBeNull();
    (at('subscribe-keep') as HTMLInputElement).checked = true;
    await press('subscribe-accept');
    await answer;
    expect(told('/__sim/taps')).toMatchObject([{ templateIds: ['t1', 't2'], results: { t2: 'accept' } }]);
    expect(told('/__sim/settings')).toMatchObject([{ mainSwitch: true, itemSettings: { t2: 'accept' } }]);
  });
  it('does not open where all is settled', async () => {
    settled(true, { t1: 'accept', t2: 'reject' });
    await askSubscribe(templates);
    expect(at('subscribe-sheet')).toBeNull();
    expect(told('/__sim/taps')).toMatchObject([{ results: {} }]);
  });
  it('opens the settings where messages are off, which switches them on', async () => {
    settled(false, { t1: 'reject' });
    const answer = askSubscribe(templates);
    await vi.waitFor(() => { expect(at('settings-sheet')).not.toBeNull(); });
    await press('settings-on');
    await expect(answer).resolves.toEqual({});
    expect(told('/__sim/settings')).toMatchObject([{ mainSwitch: true, itemSettings: { t1: '' } }]);
  });
});

describe('scanning', () => {
  const paste = (text: string): void => { (at('scan-paste') as HTMLInputElement).value = text; };
  it('takes the text itself', async () => {
    const answer = scan();
    await press('scan-submit');
    expect(at('scan-sheet')?.textContent).toContain('请先粘贴内容');
    paste('  https://d/c/e1 ');
    at('scan-paste')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    await expect(answer).resolves.toBe('https://d/c/e1');
    expect(at('scan-sheet')).toBeNull();
  });
  it.each(['scan-cancel', 'scan-sheet'])('is given up by a tap on %s', async (name) => {
    const answer = scan();
    await press(name);
    await expect(answer).resolves.toBe('');
  });
  it('reads a picture, and says so when there is no code in it', async () => {
    const answer = scan();
    const file = at('scan-file') as HTMLInputElement;
    Object.defineProperty(file, 'files', { value: [new Blob(['x'])] });
    decoded.decodeFile.mockResolvedValueOnce('');
    file.dispatchEvent(new Event('change'));
    await vi.waitFor(() => { expect(at('scan-sheet')?.textContent).toContain('没有找到二维码'); });
    decoded.decodeFile.mockResolvedValueOnce('https://d/c/e2');
    file.dispatchEvent(new Event('change'));
    await expect(answer).resolves.toBe('https://d/c/e2');
  });
  it('lets the camera go when it is over', async () => {
    const stop = vi.fn();
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve({ getTracks: () => [{ stop }] }) } });
    vi.spyOn(HTMLVideoElement.prototype, 'play').mockResolvedValue();
    const answer = scan();
    await flushPromises();
    await press('scan-cancel');
    await answer;
    await vi.waitFor(() => { expect(stop).toHaveBeenCalled(); });
  });
});

it('copies the place of which a browser has no map', () => {
  platform.openMap({ name: '陵园', address: '1 号', lat: 30, lng: 114 });
  expect(uni.setClipboardData).toHaveBeenCalledWith(expect.objectContaining({ data: '陵园 1 号（30, 114）' }));
});
