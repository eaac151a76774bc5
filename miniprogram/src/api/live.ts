/**
 * Who has just come, as it happens: a WebSocket that comes back by itself, and polling while it is away, so that the
 * screen in the hall never stands still.
 */
import type { Attendance, Counts } from './checkins';
import type { Quorum } from './settlements';

export interface LiveState { counts: Counts; items: Attendance[]; quorum?: Quorum | null; serverTime?: string }
export interface Socket { close: () => void }
export interface SocketHandlers { message: (text: string) => void; closed: () => void }
/** Opens a socket; `closed` is called once, also when it could not be opened. */
export type OpenSocket = (path: string, protocols: string[], handlers: SocketHandlers) => Socket;

export interface LiveOptions {
  open: OpenSocket;
  readToken: () => string;
  /** One look at the list, used while there is no socket. */
  poll: () => Promise<LiveState>;
  show: (state: LiveState) => void;
  connected?: (yes: boolean) => void;
  /** Whether the last look at the list, while there was no socket, had an answer. */
  polled?: (yes: boolean) => void;
}

const PROTOCOL = 'themeday.v1';
const POLL_MS = 5000;
/** The server says something every 25 s; after two silent rounds the line is dead although nobody said so. */
const SILENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;

export interface Live { start: () => void; stop: () => void }

export function createLive(eventId: string, options: LiveOptions): Live {
  let socket: Socket | undefined;
  let running = false;
  let failures = 0;
  let round = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let poller: ReturnType<typeof setInterval> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const pollOnce = (): void => {
    const say = (yes: boolean): void => { if (running && poller) options.polled?.(yes); };
    options.poll().then((state) => { say(true); if (running && poller) options.show(state); }, () => { say(false); });
  };

  function heard(text: string): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, SILENCE_MS);
    const message = JSON.parse(text) as { type: string } & LiveState;
    if (message.type !== 'state') return;
    failures = 0;
    clearInterval(poller);
    poller = undefined;
    options.connected?.(true);
    options.show(message);
  }

  function lost(): void {
    if (!running) return;
    hangUp();
    options.connected?.(false);
    if (!poller) { poller = setInterval(pollOnce, POLL_MS); pollOnce(); }
    retry = setTimeout(connect, Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** failures++));
  }

  function connect(): void {
    const mine = ++round;
    socket = options.open(`/api/v1/events/${eventId}/live`, [PROTOCOL, `bearer.${options.readToken()}`], {
      message: (text) => { if (mine === round) heard(text); },
      closed: () => { if (mine === round) lost(); },
    });
  }

  /** Drops the line; whatever it still says belongs to an earlier round and is not heard. */
  function hangUp(): void {
    round++;
    clearTimeout(watchdog);
    clearTimeout(retry);
    socket?.close();
    socket = undefined;
  }

  return {
    start: () => { if (!running) { running = true; failures = 0; connect(); } },
    stop: () => {
      running = false;
      hangUp();
      clearInterval(poller);
      poller = undefined;
    },
  };
}
