/** Opens an event's sealed roster and finds people in it by their personal codes. WeChat has no WebCrypto. */
import { gcm } from '@noble/ciphers/aes';
import { sha256 } from '@noble/hashes/sha256';
import type { AttendanceStatus } from '@/api/checkins';

export interface PackPerson { id: string; name: string; org: string; hash: string; proof: string; expected: boolean; status: AttendanceStatus }
export interface Pack { id: string; eventId: string; title: string; window: { opensAt: string; closesAt: string; lateAfter: string }; salt: string; people: PackPerson[] }

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NONCE = 12;
const HASH = 16;

/** Bytes of a base64 text; throws on anything else. */
export function fromBase64(text: string): Uint8Array {
  const body = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor(body.length * 6 / 8));
  let [bits, held, at] = [0, 0, 0];
  for (const letter of body) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) throw new Error('not base64');
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) { held -= 8; bytes[at++] = (bits >> held) & 0xff; }
  }
  return bytes;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** Text of UTF-8 bytes; old WeChat has no TextDecoder. */
export function fromUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more === 0 ? first : first & (0x3f >> more);
    for (let next = 1; next <= more; next++) point = (point << 6) | ((bytes[at + next] ?? 0) & 0x3f);
    text += String.fromCodePoint(point);
    at += more + 1;
  }
  return text;
}

/** The roster; throws when key, content or id do not belong together. */
export function openPack(key: string, sealed: string, id: string): Pack {
  const bytes = fromBase64(sealed);
  const plain = gcm(fromBase64(key), bytes.subarray(0, NONCE), ascii(`roster pack ${id}`)).decrypt(bytes.subarray(NONCE));
  return JSON.parse(fromUtf8(plain)) as Pack;
}

const PERSONAL = /^p([0-9a-hjkmnp-tv-z]{13})\.([0-9a-hjkmnp-tv-z]{16})$/;

/** The personal code in a scanned text: itself, or the end of a link; '' if there is none. */
export function personalOf(text: string): string {
  const last = text.trim().replace(/[?#].*$/s, '').split('/').pop() ?? '';
  return PERSONAL.test(last) ? last : '';
}

/** none: no personal code. stranger: not on this list. changed: on the list, with another code: renewed, or forged. */
export type Found = { kind: 'person'; person: PackPerson; code: string } | { kind: 'none' | 'stranger' } | { kind: 'changed'; person: PackPerson };

export function findByCode(pack: Pack, text: string): Found {
  const code = personalOf(text);
  const id = PERSONAL.exec(code)?.[1];
  if (!id) return { kind: 'none' };
  const person = pack.people.find((one) => one.id === id);
  if (!person) return { kind: 'stranger' };
  const salt = fromBase64(pack.salt);
  const input = new Uint8Array(salt.length + code.length);
  input.set(salt);
  input.set(ascii(code), salt.length);
  const hash = sha256(input).subarray(0, HASH);
  const known = fromBase64(person.hash);
  return known.length === HASH && known.every((byte, at) => byte === hash[at]) ? { kind: 'person', person, code } : { kind: 'changed', person };
}
