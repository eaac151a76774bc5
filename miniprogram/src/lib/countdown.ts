/** Time left, by the server's clock: phones are often minutes off, and a code screen must not be. */
import { daysBetween } from './dates';

/** Server clock minus ours, in milliseconds, from an answer that was asked for at `sent` and came at `got`. */
export function clockOffset(serverTime: string, sent: number, got: number): number {
  return Date.parse(serverTime) - (sent + got) / 2;
}

export interface CodeTimes { validUntil: string; refreshAt: string }

/** Milliseconds to wait before the next code is fetched: at refreshAt, at least half a second, at most thirty. */
export function refreshDelay(code: CodeTimes, serverNow: number): number {
  return Math.min(30_000, Math.max(500, Date.parse(code.refreshAt) - serverNow));
}

/** Share of the code's life that is left, 0..1, for the bar under it; `shownAt` is when it appeared, server time. */
export function lifeLeft(code: CodeTimes, shownAt: number, serverNow: number): number {
  const whole = Date.parse(code.refreshAt) - shownAt;
  if (whole <= 0) return 0;
  return Math.min(1, Math.max(0, (Date.parse(code.refreshAt) - serverNow) / whole));
}

/** 还有 3 天, 还有 2 小时 5 分, 还有 8 分钟, 马上开始; '' once it has begun. */
export function untilText(instant: string, now: number): string {
  const minutes = Math.ceil((Date.parse(instant) - now) / 60_000);
  if (minutes <= 0) return '';
  if (minutes <= 1) return '马上开始';
  if (minutes < 60) return `还有 ${minutes} 分钟`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `还有 ${hours} 小时 ${minutes % 60} 分` : `还有 ${hours} 小时`;
  // by the calendar, as people count: the day after tomorrow is two days off, whatever the hour
  return `还有 ${daysBetween(now, instant)} 天`;
}
