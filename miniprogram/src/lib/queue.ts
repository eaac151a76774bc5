/** Scans made without signal, waiting to be sent. Pure: the store keeps the list, this decides what becomes of it. */
import type { BatchAnswer, OfflineScan } from '@/api/checkins';

/** The server takes at most this many at once. */
export const BATCH = 100;

/** The list with one more scan; the same text scanned again stays one entry, with its first instant. */
export function queued(list: readonly OfflineScan[], scan: OfflineScan): OfflineScan[] {
  return list.some((item) => item.code === scan.code && item.eventId === scan.eventId) ? [...list] : [...list, scan];
}

export interface Settled { rest: OfflineScan[]; accepted: string[]; refused: string[] }

/** What is left after an answer: accepted and finally refused entries go; those the server could not judge, or cannot before this WeChat is bound, stay. */
export function settled(list: readonly OfflineScan[], answer: BatchAnswer): Settled {
  const byKey = new Map(answer.items.map((item) => [item.key, item]));
  const result: Settled = { rest: [], accepted: [], refused: [] };
  for (const scan of list) {
    const item = byKey.get(scan.key);
    if (!item || item.status >= 500 || [401, 429].includes(item.status) || item.error?.code === 'not_bound') result.rest.push(scan);
    else if (item.attendance) result.accepted.push(item.attendance.eventId);
    else result.refused.push(item.error?.message ?? '没有通过');
  }
  return result;
}
