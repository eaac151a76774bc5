import { vi } from 'vitest';
import type { Box, Platform } from '@/platform/types';

export function memoryBox(): Box {
  const values = new Map<string, string>();
  return {
    get: <T>(name: string) => { const text = values.get(name); return text === undefined ? undefined : JSON.parse(text) as T; },
    set: (name, value) => { values.set(name, JSON.stringify(value)); },
    remove: (name) => { values.delete(name); },
    clear: () => { values.clear(); },
  };
}

/** A phone without a network of its own: the api is replaced in page tests, the rest answers what a test sets. */
export const platform = {
  kind: 'h5', apiBase: '', storage: memoryBox(), secrets: memoryBox(),
  transport: vi.fn(() => Promise.reject(new Error('no network in tests'))),
  openSocket: vi.fn(() => ({ close: () => undefined })),
  login: vi.fn(() => Promise.resolve('code')),
  phoneCode: vi.fn(() => Promise.resolve('phone-code')),
  scan: vi.fn(() => Promise.resolve('')),
  askSubscribe: vi.fn(() => Promise.resolve({})), subscriptions: vi.fn<Platform['subscriptions']>(() => Promise.resolve({ on: true, always: {} })), openSubscriptions: vi.fn(() => Promise.resolve()),
  locate: vi.fn(() => Promise.resolve(undefined)),
  openMap: vi.fn(), copy: vi.fn(), saveText: vi.fn(), keepScreenOn: vi.fn(), signal: vi.fn(), print: vi.fn(), fullScreen: vi.fn(() => true), onNetwork: vi.fn(),
  pickPicture: vi.fn<Platform['pickPicture']>(() => Promise.resolve(undefined)), fetchPicture: vi.fn(() => Promise.resolve('blob:picture')),
  pickTable: vi.fn<Platform['pickTable']>(() => Promise.resolve(undefined)), saveFile: vi.fn<Platform['saveFile']>(() => Promise.resolve()),
  prefersLargeType: (): boolean => false,
  changePerson: vi.fn(),
} satisfies Platform & Record<string, unknown>;
