/** My month at a glance, from what is known already: my record of the year and what is still to come. */
import type { EventBrief } from '@/api/events';
import type { RecordItem } from '@/api/people';
import { wall } from './dates';

export interface Month { label: string; total: number; came: number; leave: number; ahead: number }

const sameMonth = (instant: string, now: number): boolean => {
  const [left, right] = [wall(instant), wall(now)];
  return left.year === right.year && left.month === right.month;
};

export function monthOf(past: readonly RecordItem[], coming: readonly Pick<EventBrief, 'id' | 'startsAt'>[], now: number): Month {
  const done = past.filter((item) => sameMonth(item.event.startsAt, now) && item.attendance.status !== 'pending');
  const known = new Set(done.map((item) => item.event.id));
  const ahead = coming.filter((event) => sameMonth(event.startsAt, now) && !known.has(event.id)).length;
  const count = (...statuses: string[]): number => done.filter((item) => statuses.includes(item.attendance.status)).length;
  return {
    label: `${wall(now).month}月`, total: done.length + ahead, came: count('present', 'late'),
    leave: count('sick', 'duty', 'private'), ahead,
  };
}
