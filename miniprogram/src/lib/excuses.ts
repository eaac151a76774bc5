/** Why a branch is not asked about a month, in words, and what the page says of the month. Pure. */
import type { BranchMonth, Excuse } from '@/api/reminders';
import { dayText, wall } from './dates';

/** The server's codes with their words, in the order in which they are offered. */
export const EXCUSES: { reason: Excuse; label: string }[] = [
  { reason: 'held_offline', label: '已线下开展' },
  { reason: 'merged', label: '本月合并开展' },
  { reason: 'flood', label: '因防汛延期' },
  { reason: 'harvest', label: '因农忙延期' },
  { reason: 'mourning', label: '因丧事延期' },
  { reason: 'other', label: '其他情况' },
];

export const excuseText = (reason: string): string => EXCUSES.find((one) => one.reason === reason)?.label ?? '其他情况';

/** The month that an instant lies in, as the server writes it. */
export function monthOf(instant: number): string {
  const { year, month } = wall(instant);
  return `${year}-${String(month).padStart(2, '0')}`;
}

/** The month so many months after it, or before. */
export function monthBeside(month: string, step: number): string {
  const at = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1 + step, 1));
  return `${at.getUTCFullYear()}-${String(at.getUTCMonth() + 1).padStart(2, '0')}`;
}

export const monthTitle = (month: string): string => `${month.slice(0, 4)}年${Number(month.slice(5))}月`;

/** What is to be said of the month first. */
export function monthText(month: BranchMonth): string {
  const name = `${Number(month.month.slice(5))}月`;
  if (month.planned) return `${name}的主题党日已经安排好了，不会再提醒。`;
  if (month.quiet) return `已说明：${excuseText(month.quiet.reason)}${month.quiet.note ? `（${month.quiet.note}）` : ''}。本月不再提醒。`;
  return `${name}还没有安排主题党日（平常是 ${month.themeDay} 日）。`;
}

/** The rungs that are still to come, in words; none when nobody will be asked. */
export const comingAsks = (month: BranchMonth, now: number): string[] =>
  (month.planned || month.quiet ? [] : month.asks).filter(({ at }) => Date.parse(at) > now).map(({ at, whom }) => `${dayText(at, now)}提醒${whom}`);
