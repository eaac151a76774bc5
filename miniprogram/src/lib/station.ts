/** Check-ins that a secretary's phone makes without signal. Pure: the store keeps them, this decides what becomes of them. */
import type { Attendance } from '@/api/checkins';
import type { KeptInput, StationQuestion, StationResult } from '@/api/stations';

/** waiting: the server has not seen it. question: it contradicts the record. refused: it cannot have happened. sent: it is recorded. */
export type HeldState = 'waiting' | 'question' | 'refused' | 'sent';

/** One kept check-in with what people read of it. */
export interface Held extends KeptInput {
  eventId: string;
  eventTitle: string;
  memberName: string;
  state: HeldState;
  /** Why it was refused, or what was recorded instead. */
  message: string;
  question: StationQuestion | null;
  /** What the record says, when it is a question. */
  there: Attendance | null;
}

/** A pack that is on this phone. The sealed roster and its key lie elsewhere, apart from each other. */
export interface PackNote {
  id: string;
  eventId: string;
  title: string;
  people: number;
  expiresAt: string;
  takenAt: string;
  /** Server clock minus the phone's, in milliseconds, measured at the download. */
  offset: number;
}

const DONE_KEPT = 30;

/** What goes to the server. */
export function inputOf({ key, packId, memberId, proof, code, scannedAt }: Held): KeptInput {
  return { key, packId, memberId, proof, scannedAt, ...(code ? { code } : {}) };
}

/** The list with one more; the same person at the same event stays one entry, with the first instant, until it is refused. */
export function held(list: readonly Held[], item: Held): Held[] {
  return list.some((other) => other.eventId === item.eventId && other.memberId === item.memberId && other.state !== 'refused') ? [...list] : [...list, item];
}

/** The list after the server has answered about some of it. */
export function judged(list: readonly Held[], results: readonly StationResult[]): Held[] {
  const byKey = new Map(results.map((result) => [result.key, result]));
  return list.map((item) => {
    const result = byKey.get(item.key);
    return result ? after(item, result) : item;
  });
}

function after(item: Held, { outcome, attendance, question, error }: StationResult): Held {
  switch (outcome) {
    case 'recorded': return { ...item, state: 'sent', message: '已登记', question: null, there: null };
    case 'repeated': return { ...item, state: 'sent', message: '之前已经登记过', question: null, there: null };
    case 'question': return { ...item, state: 'question', message: '', question, there: attendance };
    default: return { ...item, state: 'refused', message: error?.message ?? '没有通过', question: null, there: null };
  }
}

/** Forgets what has long been settled, the oldest first; what is open is never dropped. */
export function trimmed(list: readonly Held[]): Held[] {
  const settled = list.filter((item) => item.state === 'sent');
  const old = new Set(settled.slice(0, Math.max(0, settled.length - DONE_KEPT)));
  return list.filter((item) => !old.has(item));
}

/** What the server does not know yet, or not for good. */
export const unsettled = (list: readonly Held[]): Held[] => list.filter((item) => item.state === 'waiting' || item.state === 'question');

export const ofState = (list: readonly Held[], state: HeldState): Held[] => list.filter((item) => item.state === state);

/** What the phone's clock is off, as people say it; '' for less than two seconds. */
export function offsetText(offset: number): string {
  const seconds = Math.round(Math.abs(offset) / 1000);
  if (seconds < 2) return '';
  const amount = seconds < 120 ? `${seconds} 秒` : `${Math.round(seconds / 60)} 分钟`;
  return `手机时间${offset > 0 ? '慢' : '快'}了 ${amount}，已自动校正`;
}
