import { beforeEach, describe, expect, it, vi } from 'vitest';
import { platform } from '@/platform/mp-weixin';
import { uniBox, uniTransport } from '@/platform/shared';

type Options = Record<string, unknown> & { success?: (answer: never) => void; fail?: (failure: never) => void };
/** What the phone answers to each call; a call without an answer fails with its `fail`. */
let answers: Record<string, { success?: unknown; fail?: unknown }>;
let calls: { name: string; options: Options }[];
const stored = new Map<string, unknown>();
const socket = { onMessage: vi.fn(), onClose: vi.fn(), onError: vi.fn(), close: vi.fn() };
const updates = { onUpdateReady: vi.fn(), applyUpdate: vi.fn() };
const special: Record<string, unknown> = {
  connectSocket: (options: Options) => { calls.push({ name: 'connectSocket', options }); return socket; }, getUpdateManager: () => updates,
  getStorageSync: (key: string) => stored.get(key) ?? '', setStorageSync: (key: string, value: unknown) => stored.set(key, value), removeStorageSync: (key: string) => stored.delete(key),
  getStorageInfoSync: () => ({ keys: [...stored.keys()] }), getAppBaseInfo: () => answers.fontSize?.success ?? {},
  onNetworkStatusChange: (listener: (state: unknown) => void) => { listener(answers.network?.success); },
};
const phone = new Proxy({}, {
  get: (_none, name: string) => special[name] ?? ((options: Options) => {
    calls.push({ name, options });
    const { success, fail } = answers[name] ?? {};
    if (success !== undefined) options.success?.(success as never); else options.fail?.((fail ?? { errMsg: 'fail' }) as never);
  }),
});
const asked = (name: string): Options | undefined => calls.find((call) => call.name === name)?.options;

beforeEach(() => {
  answers = {};
  calls = [];
  stored.clear();
  vi.clearAllMocks();
  vi.stubGlobal('uni', phone);
});

describe('logging in', () => {
  it('hands over WeChat\'s code', async () => {
    answers = { login: { success: { code: 'wx-1' } } };
    await expect(platform.login()).resolves.toBe('wx-1');
  });
  it('fails in words for the log when WeChat does', async () => {
    answers = { login: { fail: { errMsg: 'login:fail timeout' } } };
    await expect(platform.login()).rejects.toThrow('login:fail timeout');
  });
});

it.each<[unknown, string]>([
  [{ success: { result: 'https://d/c/e1' } }, 'https://d/c/e1'], [{ success: { result: '', path: 'pages/event/event?scene=1' } }, 'pages/event/event?scene=1'], [{ fail: { errMsg: 'scanCode:fail cancel' } }, ''],
])('the camera answering %j reads %s', async (answer, text) => {
  answers = { scanCode: answer as { success?: unknown } };
  await expect(platform.scan()).resolves.toBe(text);
});

describe('a picture', () => {
  const files = (answer: { success?: unknown; fail?: unknown }): void => {
    Object.assign(special, { getFileSystemManager: () => ({ readFile: ({ success, fail, filePath }: Options) => { if (answer.success) success?.({ data: `bytes of ${String(filePath)}` } as never); else fail?.(answer.fail as never); } }) });
  };
  it('is chosen, compressed and read', async () => {
    answers = { chooseMedia: { success: { tempFiles: [{ tempFilePath: 'wxfile://1' }] } }, compressImage: { success: { tempFilePath: 'wxfile://2' } } };
    files({ success: true });
    await expect(platform.pickPicture()).resolves.toEqual({ bytes: 'bytes of wxfile://2', src: 'wxfile://2' });
    expect(asked('chooseMedia')).toMatchObject({ count: 1, mediaType: ['image'] });
  });
  it('is sent as it is when it cannot be compressed', async () => {
    answers = { chooseMedia: { success: { tempFiles: [{ tempFilePath: 'wxfile://1' }] } } };
    files({ success: true });
    await expect(platform.pickPicture()).resolves.toMatchObject({ src: 'wxfile://1' });
  });
  it('is none when the person gives up', async () => {
    await expect(platform.pickPicture()).resolves.toBeUndefined();
  });
  it('fails in words for the log when it cannot be read', async () => {
    answers = { chooseMedia: { success: { tempFiles: [{ tempFilePath: 'wxfile://1' }] } } };
    files({ fail: { errMsg: 'readFile:fail' } });
    await expect(platform.pickPicture()).rejects.toThrow('readFile:fail');
  });
  it.each<[unknown, string]>([[{ success: { statusCode: 200, tempFilePath: 'wxfile://3' } }, 'wxfile://3'], [{ success: { statusCode: 404 } }, 'status 404'], [{ fail: { errMsg: 'downloadFile:fail' } }, 'downloadFile:fail']])('that needs a token: %j', async (answer, want) => {
    answers = { downloadFile: answer as { success?: unknown } };
    await expect(platform.fetchPicture('https://d/p', { authorization: 'Bearer t' }).catch((cause: unknown) => (cause as Error).message)).resolves.toBe(want);
  });
});

describe('a table', () => {
  it('comes from a chat and is read as it is', async () => {
    answers = { chooseMessageFile: { success: { tempFiles: [{ path: 'wxfile://t', name: '花名册.xlsx' }] } } };
    Object.assign(special, { getFileSystemManager: () => ({ readFile: ({ success, filePath }: Options) => { success?.({ data: `bytes of ${String(filePath)}` } as never); } }) });
    await expect(platform.pickTable()).resolves.toEqual({ bytes: 'bytes of wxfile://t', name: '花名册.xlsx' });
    expect(asked('chooseMessageFile')).toMatchObject({ count: 1, type: 'file' });
  });
  it('is none when the person gives up', async () => {
    await expect(platform.pickTable()).resolves.toBeUndefined();
  });
  it('is sent on into a chat', async () => {
    answers = { downloadFile: { success: { statusCode: 200, tempFilePath: 'wxfile://x' } } };
    await platform.saveFile('花名册.xlsx', 'https://d/r', { authorization: 'Bearer t' });
    expect(asked('shareFileMessage')).toMatchObject({ filePath: 'wxfile://x', fileName: '花名册.xlsx' });
  });
});

describe('asking for messages', () => {
  const templates = [{ id: 't1', title: '活动通知' }, { id: 't2', title: '提醒' }];
  it('is the first thing that happens', () => {
    void platform.askSubscribe(templates);
    expect(asked('requestSubscribeMessage')).toMatchObject({ tmplIds: ['t1', 't2'] });
  });
  it.each<[Record<string, string>, Record<string, string>]>([
    [{ t1: 'accept', t2: 'reject', errMsg: 'ok' }, { t1: 'accept', t2: 'reject' }], [{ t1: 'ban', t2: 'filter' }, { t1: 'ban', t2: 'filter' }],
    [{ t1: 'acceptWithAudio', t2: 'acceptWithAlert' }, { t1: 'accept', t2: 'accept' }], [{ t1: 'something new', errMsg: 'ok' }, {}],
  ])('%j means %j', async (answer, want) => {
    answers = { requestSubscribeMessage: { success: answer } };
    await expect(platform.askSubscribe(templates)).resolves.toEqual(want);
    expect(asked('showModal')).toBeUndefined();
  });
  it.each([[20004, true, 1], [20004, false, 0], [10002, true, 0]])('failing with %i, asked “去打开” and answering %s, opens the settings %i times', async (errCode, confirm, times) => {
    answers = { requestSubscribeMessage: { fail: { errCode } }, showModal: { success: { confirm } } };
    await expect(platform.askSubscribe(templates)).resolves.toEqual({});
    expect(calls.filter((call) => call.name === 'openSetting')).toHaveLength(times);
  });
});

describe('what is settled for good', () => {
  it.each<[unknown, unknown]>([
    [{ success: { subscriptionsSetting: { mainSwitch: true, itemSettings: { t1: 'accept', t2: 'reject', t3: 'acceptWithAudio', t4: 'news' } } } }, { on: true, always: { t1: 'accept', t2: 'reject', t3: 'accept' } }],
    [{ success: { subscriptionsSetting: { mainSwitch: false } } }, { on: false, always: {} }], [{ success: {} }, { on: true, always: {} }], [{ fail: {} }, { on: true, always: {} }],
  ])('%j means %j', async (answer, want) => {
    answers = { getSetting: answer as { success?: unknown } };
    await expect(platform.subscriptions()).resolves.toEqual(want);
    expect(asked('getSetting')).toMatchObject({ withSubscriptions: true });
  });
  it('is changed in the settings', () => {
    void platform.openSubscriptions();
    expect(asked('openSetting')).toMatchObject({ withSubscriptions: true });
  });
});

describe('the place', () => {
  it('is looked at once, in the coordinates of the map', async () => {
    answers = { getLocation: { success: { latitude: 32.9, longitude: 115.9, accuracy: 30 } } };
    await expect(platform.locate()).resolves.toEqual({ lat: 32.9, lng: 115.9, accuracy: 30 });
    expect(asked('getLocation')).toMatchObject({ type: 'gcj02' });
  });
  it('is not known when the person says no', async () => { await expect(platform.locate()).resolves.toBeUndefined(); });
});

describe('the live line', () => {
  const open = () => { const heard = { message: vi.fn(), closed: vi.fn() }; return { heard, line: platform.openSocket('/api/v1/events/e1/live', ['themeday.v1', 'bearer.tok'], heard) }; };
  it('goes over a web socket with the token as a protocol', () => {
    open();
    expect(asked('connectSocket')).toMatchObject({ url: 'ws://127.0.0.1:8080/api/v1/events/e1/live', protocols: ['themeday.v1', 'bearer.tok'] });
  });
  it('tells once that it is gone, error and close together', () => {
    const { heard, line } = open();
    (socket.onMessage.mock.calls[0] as [(event: { data: unknown }) => void])[0]({ data: '{}' });
    (socket.onError.mock.calls[0] as [() => void])[0]();
    (socket.onClose.mock.calls[0] as [() => void])[0]();
    line.close();
    expect(heard.message).toHaveBeenCalledWith('{}');
    expect(heard.closed).toHaveBeenCalledTimes(1);
    expect(socket.close).toHaveBeenCalled();
  });
});

it.each([[true, 1], [false, 0]])('a new version, answered %s, is taken %i times', (confirm, times) => {
  answers = { showModal: { success: { confirm } } };
  platform.onUpdate?.();
  (updates.onUpdateReady.mock.calls[0] as [() => void])[0]();
  expect(updates.applyUpdate).toHaveBeenCalledTimes(times);
});

it.each([[16, false], [18, false], [19, true], [23, true], [undefined, false]])('the phone\'s font of %s is large: %s', (fontSizeSetting, large) => {
  answers = { fontSize: { success: { fontSizeSetting } } };
  expect(platform.prefersLargeType()).toBe(large);
});

it.each([[true, 1], [false, 0]])('a network that is there: %s hands in %i times', (isConnected, times) => {
  const back = vi.fn();
  answers = { network: { success: { isConnected } } };
  platform.onNetwork(back);
  expect(back).toHaveBeenCalledTimes(times);
});

describe('a box on the phone', () => {
  it('tells nothing from false and zero from absent', () => {
    const box = uniBox('a.');
    box.set('no', false);
    box.set('none', 0);
    expect([box.get('no'), box.get('none'), box.get('other')]).toEqual([false, 0, undefined]);
  });
  it('is emptied alone', () => {
    const [mine, other] = [uniBox('login.'), uniBox('phone.')];
    mine.set('token', 't');
    other.set('large', true);
    mine.clear();
    expect([mine.get('token'), other.get('large')]).toEqual([undefined, true]);
    other.remove('large');
    expect(other.get('large')).toBeUndefined();
  });
});

describe('a request', () => {
  const get = { method: 'GET' as const, url: '/a', header: {} };
  it('brings any status as an answer', async () => {
    answers = { request: { success: { statusCode: 503, data: { code: 'busy' } } } };
    await expect(uniTransport(get)).resolves.toEqual({ status: 503, data: { code: 'busy' } });
    expect(asked('request')).toMatchObject({ timeout: 10_000 });
  });
  it('rejects only when there was none', async () => { await expect(uniTransport(get)).rejects.toThrow('fail'); });
});
