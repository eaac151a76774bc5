/** Scans made without signal, waiting to be sent. Pure: the store keeps the list, this decides what becomes of them. */
import type { BatchAnswer, OfflineScan } from '@/api/checkins';

/** The server takes at most this many at once. */
export const BATCH = 100;
/** So many that have been handed in are still shown. */
const ENDED_SHOWN = 20;

/** The list with one more scan; the same text scanned again stays one entry, with its first instant. */
export function queued(list: readonly OfflineScan[], scan: OfflineScan): OfflineScan[] {
  return list.some((item) => item.code === scan.code && item.eventId === scan.eventId) ? [...list] : [...list, scan];
}

/** A scan that has been handed in: recorded, or refused with a reason. */
export interface Ended { key: string; eventId: string; scannedAt: string; accepted: boolean; message: string }

export interface Settled { rest: OfflineScan[]; accepted: string[]; refused: string[]; ended: Ended[] }

/** What is left after an answer: accepted and finally refused entries go; those the server could not judge, or cannot before this WeChat is bound, stay. */
export function settled(list: readonly OfflineScan[], answer: BatchAnswer): Settled {
  const byKey = new Map(answer.items.map((item) => [item.key, item]));
  const result: Settled = { rest: [], accepted: [], refused: [], ended: [] };
  for (const scan of list) {
    const item = byKey.get(scan.key);
    if (!item || item.status >= 500 || [401, 429].includes(item.status) || item.error?.code === 'not_bound') { result.rest.push(scan); continue; }
    const { key, scannedAt } = scan;
    const message = item.attendance ? (item.repeated ? '之前已经登记过' : '已登记') : item.error?.message ?? '没有通过';
    if (item.attendance) result.accepted.push(item.attendance.eventId);
    else result.refused.push(message);
    result.ended.push({ key, scannedAt, eventId: eventOf(scan), accepted: item.attendance !== null, message });
  }
  return result;
}

/** The event that a kept scan is about; '' when its text does not say. */
export const eventOf = (scan: OfflineScan): string => scan.eventId ?? /(?:^|\/)e([0-9a-hjkmnp-tv-z]{13})\./.exec(scan.code)?.[1] ?? '';

/** The latest first, and no more than are shown. */
export const withEnded = (before: readonly Ended[], more: readonly Ended[]): Ended[] => [...more, ...before].slice(0, ENDED_SHOWN);
