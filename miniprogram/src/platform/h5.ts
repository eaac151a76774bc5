/** The browser: the same client for desktops and for the demonstration, where the simulator plays WeChat. */
import type { Position } from '@/api/checkins';
import { adoptFromAddress, become, loginCode, openChooser, person, phoneCode } from './h5/person';
import { pickPicture } from './h5/picture';
import { saveFile, savePlate, saveText } from './h5/save';
import { pickTable } from './h5/table';
import { scan } from './h5/scan';
import { askSubscribe, openSubscriptions, subscriptions } from './h5/subscribe';
import { copyText, fetchPicture, uniBox, uniTransport, within } from './shared';
import type { Box, Platform } from './types';

const LOCATE_MS = 4000;

adoptFromAddress();
// An address typed, pasted or scanned into an open tab changes only the hash: start afresh, as a scan in WeChat does.
// The router's own steps carry a state; it must not see this one first.
window.addEventListener('popstate', (event) => { if (event.state === null) location.reload(); });

async function login(): Promise<string> {
  const who = person();
  if (!who) {
    openChooser(true);
    throw new Error('nobody chosen yet');
  }
  return loginCode(who);
}

const secrets: Box = {
  get: <T>(name: string) => {
    const text = sessionStorage.getItem(`themeday.${name}`);
    return text === null ? undefined : JSON.parse(text) as T;
  },
  set: (name, value) => { sessionStorage.setItem(`themeday.${name}`, JSON.stringify(value)); },
  remove: (name) => { sessionStorage.removeItem(`themeday.${name}`); },
  clear: () => { become(person()); },
};

const locate: Platform['locate'] = () => within(LOCATE_MS, new Promise<Position | undefined>((resolve) => {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => { resolve({ lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy }); },
    () => { resolve(undefined); },
  );
}));

const openSocket: Platform['openSocket'] = (path, protocols, handlers) => {
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + path, protocols);
  socket.onmessage = (event) => { handlers.message(String(event.data)); };
  socket.onclose = () => { handlers.closed(); };
  return { close: () => { socket.close(); } };
};

let lock: WakeLockSentinel | undefined;
async function keepScreenOn(on: boolean): Promise<void> {
  await lock?.release();
  lock = on && 'wakeLock' in navigator ? await navigator.wakeLock.request('screen') : undefined;
}

const TONE_HZ = { good: 880, bad: 220 };
function signal(good: boolean): void {
  navigator.vibrate?.(good ? 60 : [120, 80, 120]);
  if (!('AudioContext' in window)) return;
  const sound = new window.AudioContext();
  const tone = sound.createOscillator();
  tone.frequency.value = good ? TONE_HZ.good : TONE_HZ.bad;
  tone.connect(sound.destination);
  tone.onended = () => { void sound.close(); };
  tone.start();
  tone.stop(sound.currentTime + 0.12);
}

function fullScreen(on: boolean): boolean {
  if (!document.fullscreenEnabled) return false;
  void (on ? document.documentElement.requestFullscreen() : document.exitFullscreen()).catch(() => { /* the person said no */ });
  return true;
}

export const platform: Platform = {
  kind: 'h5', apiBase: '', transport: uniTransport, openSocket, login, phoneCode, scan, askSubscribe, subscriptions, openSubscriptions, locate, copy: copyText,
  pickPicture, fetchPicture,
  openMap: ({ name, address, lat, lng }) => { copyText(`${name} ${address}（${lat}, ${lng}）`, '地点已复制'); },
  storage: uniBox('phone.'), secrets,
  keepScreenOn: (on) => { keepScreenOn(on).catch(() => { /* a hidden tab may not hold the screen */ }); },
  signal, print: () => { window.print(); },
  fullScreen,
  relayout: () => { setTimeout(() => { window.dispatchEvent(new Event('resize')); }); },
  onNetwork: (back) => { window.addEventListener('online', back); },
  prefersLargeType: () => false,
  saveText, saveFile, savePlate, pickTable,
  changePerson: () => { openChooser(false); },
  openPhone: () => { window.open(`/__sim/phone?person=${encodeURIComponent(person())}`, '_blank'); },
};
