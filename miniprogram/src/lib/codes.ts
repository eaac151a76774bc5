import { halfWidth } from './halfwidth';
import { inviteCode, isInvitation } from './invites';

/** What a scanned, pasted or linked text can be. The server judges codes; this only finds out where the text belongs. */
export type Scanned = { kind: 'code'; code: string } | { kind: 'event'; id: string } | { kind: 'invitation'; code: string } | { kind: 'unknown' };

const ID = /^[0-9a-hjkmnp-tv-z]{13}$/;

/** Percent-decoding that survives text which was never encoded (iOS hands `scene` over encoded, Android raw). */
export function decodeLoose(text: string): string {
  try { return decodeURIComponent(text); } catch { return text; }
}

export type PageQuery = Record<string, string | undefined> | undefined;

/** The code a page was opened with: `q` (ordinary link code), `scene` (mini-program code) or our own `code`; '' if none. */
export function codeOf(query: PageQuery): string {
  return decodeLoose(query?.q ?? query?.scene ?? query?.code ?? '').trim();
}

const CAMERA_MS = 300_000;

/**
 * The instant of the scan, milliseconds: WeChat's camera says it in seconds (`scancode_time`), and the page may open much
 * later. It comes from outside, so it is believed only within the last five minutes.
 */
export function scannedAt(query: PageQuery, now: number): number {
  const told = Number(query?.scancode_time ?? NaN) * 1000;
  return told <= now && told > now - CAMERA_MS ? told : now;
}

/** The event a page was opened with: `id`, or a scene that holds one; '' if none. */
export function eventIdOf(query: PageQuery): string {
  if (query?.id) return ID.test(query.id) ? query.id : '';
  return decodeLoose(query?.scene ?? '').split(/[^0-9a-z]/).find((part) => ID.test(part)) ?? '';
}

function queryOf(text: string): Record<string, string> {
  const pairs = text.slice(text.indexOf('?') + 1).split('&').map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([name = '', ...value]) => [name, value.join('=')]));
}

/** Sorts a scanned text: a path of this client (mini-program code or link) is opened up, anything else may be a code. */
export function readScan(raw: string): Scanned {
  const text = raw.trim();
  const path = /pages\/(event\/event|checkin\/checkin)\?/.exec(text);
  if (path) {
    const query = queryOf(text.slice(path.index));
    if (path[1] === 'event/event') {
      const id = eventIdOf(query);
      return id ? { kind: 'event', id } : { kind: 'unknown' };
    }
    const code = codeOf(query);
    return code ? { kind: 'code', code } : { kind: 'unknown' };
  }
  if (isInvitation(text)) return { kind: 'invitation', code: inviteCode(text) };
  return text ? { kind: 'code', code: text } : { kind: 'unknown' };
}

/** Six digits, as read out by the secretary; spaces and full-width digits are forgiven. '' if it is not a spoken code. */
export function spokenCode(text: string): string {
  const digits = halfWidth(text).replace(/\s/g, '');
  return /^\d{6}$/.test(digits) ? digits : '';
}

/** 482913 as 482 913, which is how people read it out. */
export const spaced = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`;
