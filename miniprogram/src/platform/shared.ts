/** What both platforms do alike, because uni-app already hides the difference. */
import type { Transport } from '@/api/client';
import type { Box } from './types';

const TIMEOUT_MS = 10_000;
/** For files: sending one takes longer than asking. */
const FILE_TIMEOUT_MS = 60_000;

export const uniTransport: Transport = (request) => new Promise((resolve, reject) => {
  uni.request({
    url: request.url, method: request.method, data: request.data as UniApp.RequestOptions['data'], header: request.header, timeout: request.data instanceof ArrayBuffer ? FILE_TIMEOUT_MS : TIMEOUT_MS,
    success: (answer) => { resolve({ status: answer.statusCode, data: answer.data }); },
    fail: (failure) => { reject(new Error(failure.errMsg)); },
  });
});

/** A box in the phone's storage; its names carry a prefix so that one box can be emptied without the other. */
export function uniBox(prefix: string): Box {
  return {
    get: <T>(name: string) => {
      const value = uni.getStorageSync<T | ''>(prefix + name);
      return value === '' ? undefined : value;
    },
    set: (name, value) => { uni.setStorageSync(prefix + name, value); },
    remove: (name) => { uni.removeStorageSync(prefix + name); },
    clear: () => { uni.getStorageInfoSync().keys.filter((key) => key.startsWith(prefix)).forEach((key) => { uni.removeStorageSync(key); }); },
  };
}

export const fetchPicture = (url: string, header: Record<string, string>): Promise<string> => new Promise((resolve, reject) => {
  uni.downloadFile({
    url, header, timeout: FILE_TIMEOUT_MS,
    success: (answer) => { if (answer.statusCode === 200) resolve(answer.tempFilePath); else reject(new Error(`status ${answer.statusCode}`)); },
    fail: (failure: { errMsg: string }) => { reject(new Error(failure.errMsg)); },
  });
});

/** The longest edge of a picture that is sent, in points: the server keeps no more. */
export const PICTURE_EDGE = 1600;

export function copyText(text: string, said: string): void {
  void uni.setClipboardData({ data: text, showToast: false, success: () => { void uni.showToast({ title: said, icon: 'none' }); } });
}

/** Resolves with undefined when the answer takes longer than `ms`. */
export function within<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
  return Promise.race([answer, new Promise<undefined>((resolve) => { setTimeout(() => { resolve(undefined); }, ms); })]);
}
