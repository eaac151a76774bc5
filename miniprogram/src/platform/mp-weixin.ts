/** WeChat. Limits and error codes: the platform's documentation of wx.login, scanCode, requestSubscribeMessage, getLocation. */
import type { Position } from '@/api/checkins';
import type { GrantAnswer } from '@/api/reminders';
import { copyText, fetchPicture, PICTURE_EDGE, uniBox, uniTransport, within } from './shared';
import type { Platform, Subscriptions } from './types';

const apiBase = import.meta.env.VITE_API_BASE ?? 'http://127.0.0.1:8080';
const LOCATE_MS = 4000;
/** fontSizeSetting is 16 by default; 19 and more is what WeChat calls large. */
const LARGE_FONT = 19;

const login = (): Promise<string> => new Promise((resolve, reject) => {
  uni.login({ provider: 'weixin', success: (answer) => { resolve(answer.code); }, fail: (failure: { errMsg: string }) => { reject(new Error(failure.errMsg)); } });
});

const scan = (): Promise<string> => new Promise((resolve) => {
  uni.scanCode({
    scanType: ['qrCode'],
    // a code of this mini-program comes as a path, everything else as text
    success: (answer) => { resolve((answer as { path?: string }).path ?? answer.result); },
    fail: () => { resolve(''); },
  });
});

/** The person has switched all messages of this mini-program off; only its settings can switch them on again. */
const SWITCHED_OFF = 20004;

/** WeChat also says how it may ring (acceptWithAudio, acceptWithAlert); for the ledger that is an accept. */
function answerOf(said = ''): GrantAnswer | undefined {
  if (said.startsWith('accept')) return 'accept';
  return (['reject', 'ban', 'filter'] as const).find((known) => known === said);
}

function offerSettings(): void {
  void uni.showModal({
    title: '订阅消息已关闭', content: '您在微信里关闭了本小程序的订阅消息，打开后才能收到提醒。', confirmText: '去打开', cancelText: '不用了',
    success: ({ confirm }) => { if (confirm) void openSubscriptions(); },
  });
}

/** A question that cannot be answered is taken as nothing settled: then WeChat itself asks the person. */
const subscriptions: Platform['subscriptions'] = () => new Promise((resolve) => {
  uni.getSetting({
    withSubscriptions: true,
    success: ({ subscriptionsSetting: said }) => {
      const { mainSwitch, itemSettings } = (said ?? {}) as { mainSwitch?: boolean; itemSettings?: Record<string, string> };
      const always: Subscriptions['always'] = {};
      for (const [id, word] of Object.entries(itemSettings ?? {})) {
        const answer = answerOf(word);
        if (answer) always[id] = answer;
      }
      resolve({ on: mainSwitch !== false, always });
    },
    fail: () => { resolve({ on: true, always: {} }); },
  });
});

const openSubscriptions: Platform['openSubscriptions'] = () => new Promise((resolve) => {
  uni.openSetting({ withSubscriptions: true, complete: () => { resolve(); } });
});

/** An old version lives on a phone for a day or more; whoever says yes has the new one at once. Nobody is interrupted unasked. */
function onUpdate(): void {
  const updates = uni.getUpdateManager();
  updates.onUpdateReady(() => {
    void uni.showModal({
      title: '有新版本', content: '小程序已更新，重新打开后使用。', confirmText: '现在更新', cancelText: '以后',
      success: ({ confirm }) => { if (confirm) updates.applyUpdate(); },
    });
  });
}

const askSubscribe: Platform['askSubscribe'] = (templates) => new Promise((resolve) => {
  const ids = templates.map((template) => template.id);
  uni.requestSubscribeMessage({
    tmplIds: ids,
    success: (answer) => {
      const given = answer as unknown as Record<string, string | undefined>;
      resolve(Object.fromEntries(ids.flatMap((id) => { const said = answerOf(given[id]); return said ? [[id, said]] : []; })));
    },
    fail: (failure) => {
      if ((failure as { errCode?: number }).errCode === SWITCHED_OFF) offerSettings();
      resolve({});
    },
  });
});

const locate: Platform['locate'] = () => within(LOCATE_MS, new Promise<Position | undefined>((resolve) => {
  uni.getLocation({
    type: 'gcj02',
    success: (spot) => { resolve({ lat: spot.latitude, lng: spot.longitude, accuracy: spot.accuracy }); },
    fail: () => { resolve(undefined); },
  });
}));

const chosenPicture = (): Promise<string> => new Promise((resolve) => {
  uni.chooseMedia({
    count: 1, mediaType: ['image'], sizeType: ['compressed'],
    success: (answer) => { resolve(answer.tempFiles[0]?.tempFilePath ?? ''); },
    fail: () => { resolve(''); },
  });
});

/** A picture that cannot be compressed is sent as it is; the server says when it is too large. */
const smaller = (src: string): Promise<string> => new Promise((resolve) => {
  uni.compressImage({
    src, quality: 70, compressedWidth: PICTURE_EDGE,
    success: (answer) => { resolve(answer.tempFilePath); },
    fail: () => { resolve(src); },
  });
});

const bytesOf = (filePath: string): Promise<ArrayBuffer> => new Promise((resolve, reject) => {
  uni.getFileSystemManager().readFile({
    filePath,
    success: ({ data }) => { resolve(data as ArrayBuffer); },
    fail: (failure: { errMsg: string }) => { reject(new Error(failure.errMsg)); },
  });
});

const pickPicture: Platform['pickPicture'] = async () => {
  const chosen = await chosenPicture();
  if (!chosen) return undefined;
  const src = await smaller(chosen);
  return { bytes: await bytesOf(src), src };
};

interface MessageFile { path: string; name: string }
type ChooseMessageFile = (o: { count: number; type: 'file'; extension: string[]; success: (answer: { tempFiles: MessageFile[] }) => void; fail: () => void }) => void;

/** From a chat: that is where offices send their files. */
const pickTable: Platform['pickTable'] = async () => {
  const { chooseMessageFile } = uni as unknown as { chooseMessageFile: ChooseMessageFile };
  const file = await new Promise<MessageFile | undefined>((resolve) => {
    chooseMessageFile({
      count: 1, type: 'file', extension: ['xlsx', 'csv', 'xls', 'xlsm'],
      success: ({ tempFiles }) => { resolve(tempFiles[0]); },
      fail: () => { resolve(undefined); },
    });
  });
  return file && { name: file.name, bytes: await bytesOf(file.path) };
};

const openSocket: Platform['openSocket'] = (path, protocols, handlers) => {
  const task = uni.connectSocket({ url: apiBase.replace(/^http/, 'ws') + path, protocols, complete: () => { /* makes uni return the task */ } });
  let over = false;
  const end = (): void => { if (!over) { over = true; handlers.closed(); } };
  task.onMessage((event) => { handlers.message(String(event.data)); });
  task.onClose(end);
  task.onError(end);
  return { close: () => { task.close({}); } };
};

/** Written to a file that the person sends on into a chat: the platform has no downloads. */
function saveText(name: string, text: string): void {
  const { env, shareFileMessage } = uni as unknown as { env: { USER_DATA_PATH: string }; shareFileMessage?: (o: { filePath: string; fileName: string }) => void };
  const filePath = `${env.USER_DATA_PATH}/table.csv`;
  uni.getFileSystemManager().writeFile({
    filePath, data: `\ufeff${text.replace(/^\ufeff/, '')}`, encoding: 'utf8',
    success: () => { shareFileMessage?.({ filePath, fileName: name }); },
  });
}

/** Sent on into a chat, where a computer can open it; the platform has no downloads. */
const saveFile: Platform['saveFile'] = async (fileName, url, header) => {
  const filePath = await fetchPicture(url, header);
  const { shareFileMessage } = uni as unknown as { shareFileMessage?: (o: { filePath: string; fileName: string }) => void };
  shareFileMessage?.({ filePath, fileName });
};

export const platform: Platform = {
  kind: 'mp-weixin',
  apiBase, transport: uniTransport, openSocket, login, scan, askSubscribe, subscriptions, openSubscriptions, locate, copy: copyText, saveText, saveFile, pickPicture, pickTable, fetchPicture,
  openMap: ({ name, address, lat, lng }) => { void uni.openLocation({ latitude: lat, longitude: lng, name, address }); },
  storage: uniBox('phone.'), secrets: uniBox('login.'),
  keepScreenOn: (keepScreenOn) => { void uni.setKeepScreenOn({ keepScreenOn }); },
  signal: (good) => { if (good) void uni.vibrateShort({ type: 'medium' }); else void uni.vibrateLong(); },
  fullScreen: () => false, onUpdate,
  onNetwork: (back) => { uni.onNetworkStatusChange((state) => { if (state.isConnected) back(); }); },
  prefersLargeType: () => Number((uni.getAppBaseInfo() as { fontSizeSetting?: number }).fontSizeSetting ?? 0) >= LARGE_FONT,
};
