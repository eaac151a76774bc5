import type { Position } from '@/api/checkins';
import type { Transport } from '@/api/client';
import type { OpenSocket } from '@/api/live';
import type { GrantAnswer } from '@/api/reminders';

/** A small key-value store; values are JSON. */
export interface Box {
  get: <T>(name: string) => T | undefined;
  set: (name: string, value: unknown) => void;
  remove: (name: string) => void;
  /** Forgets everything in this box. */
  clear: () => void;
}

export interface Picked { bytes: ArrayBuffer; src: string }
export interface PickedFile { bytes: ArrayBuffer; name: string }

/** `on` is the switch for all messages; `always` has the templates that WeChat answers without a question (总是保持以上选择). */
export interface Subscriptions { on: boolean; always: Record<string, GrantAnswer> }

/** Everything that differs between WeChat and a browser. One implementation per build, chosen by the alias `#platform`. */
export interface Platform {
  kind: 'mp-weixin' | 'h5';
  /** '' in the browser (same origin), the server's address in the mini-program. */
  apiBase: string;
  transport: Transport;
  openSocket: OpenSocket;
  /** A fresh WeChat login code. */
  login: () => Promise<string>;
  /** For `POST /me/binding` where no official button gives one (the browser); undefined in WeChat. */
  phoneCode?: () => Promise<string>;
  /** Shows the camera; the scanned text, or '' when the person gave up. */
  scan: () => Promise<string>;
  /** WeChat's own dialog for template messages. Must be called first thing in a tap handler; {} when nothing was answered. */
  askSubscribe: (templates: { id: string; title: string }[]) => Promise<Record<string, GrantAnswer>>;
  /** What the person has settled for good in WeChat's own settings. */
  subscriptions: () => Promise<Subscriptions>;
  /** Opens WeChat's settings, where what was switched off can be switched on again. */
  openSubscriptions: () => Promise<void>;
  /** One look at where the phone is; undefined when refused, unknown, or not within four seconds. */
  locate: () => Promise<Position | undefined>;
  /** A picture of the person's choice, compressed; undefined when they gave up. `src` shows it on this phone. */
  pickPicture: () => Promise<Picked | undefined>;
  /** Fetches a picture that needs a header and returns what an image can show; rejects when it is not to be had. */
  fetchPicture: (url: string, header: Record<string, string>) => Promise<string>;
  /** A table of the person's choice: a file of the computer, or one from a chat in WeChat; undefined when they gave up. */
  pickTable: () => Promise<PickedFile | undefined>;
  /** Fetches a file that needs a header and gives it to the person: a download, or something to send on in WeChat. */
  saveFile: (name: string, url: string, header: Record<string, string>) => Promise<void>;
  openMap: (place: { name: string; address: string; lat: number; lng: number }) => void;
  copy: (text: string, said: string) => void;
  /** Gives the person a text file: a download in the browser, something to send on in WeChat. */
  saveText: (name: string, text: string) => void;
  /** Kept between visits on this phone. */
  storage: Box;
  /** Kept for this login only: in a browser, one per tab, so that two tabs can be two people. */
  secrets: Box;
  keepScreenOn: (on: boolean) => void;
  /** A short sound or tremble after a scan; `good` and not good feel different. */
  signal: (good: boolean) => void;
  /** Prints the page; undefined in WeChat, which cannot. */
  print?: () => void;
  /** Fills the screen; false where the platform cannot. */
  fullScreen: (on: boolean) => boolean;
  onNetwork: (back: () => void) => void;
  /** Offers a new version of this client as soon as it is there; undefined in the browser, which always loads the newest. */
  onUpdate?: () => void;
  /** Reader's choice on the phone: true when the system font is set large. */
  prefersLargeType: () => boolean;
  /** Lets the page frame measure itself again; the browser's frame looks at the page before. */
  relayout?: () => void;
  /** Opens the list of people to be, in the browser's demonstration; undefined in WeChat. */
  changePerson?: () => void;
  /** Keeps the picture of a site's plate as a file; undefined in WeChat, where a long press keeps a picture. */
  savePlate?: (name: string, picture: string) => Promise<void>;
  /** Opens what the demonstration's phone shows; undefined in WeChat. */
  openPhone?: () => void;
}
