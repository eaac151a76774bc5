/**
 * Dates as people here say them. The display zone is always Asia/Shanghai, whatever the phone is set to: eight hours east
 * of UTC, without summer time, so plain arithmetic is enough (mini-programs have no Intl time zones).
 */
const OFFSET_MS = 8 * 3600_000;
const DAY_MS = 86_400_000;
const WEEK = ['日', '一', '二', '三', '四', '五', '六'];

export interface Wall { year: number; month: number; day: number; hour: number; minute: number; weekday: number }

const pad = (value: number): string => String(value).padStart(2, '0');

/** The wall clock in Shanghai at an instant (RFC 3339 text or unix milliseconds). */
export function wall(instant: string | number): Wall {
  const date = new Date((typeof instant === 'number' ? instant : Date.parse(instant)) + OFFSET_MS);
  return {
    year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(),
    hour: date.getUTCHours(), minute: date.getUTCMinutes(), weekday: date.getUTCDay(),
  };
}

/** `2026-12-10 15:00` as read by an input field. */
export function toField(instant: string | number): string {
  const at = wall(instant);
  return `${at.year}-${pad(at.month)}-${pad(at.day)} ${pad(at.hour)}:${pad(at.minute)}`;
}

/** The instant of a `2026-12-10 15:00` field, RFC 3339 UTC; '' for anything that is not one. */
export function fromField(text: string): string {
  const hit = /^(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})/.exec(text.trim());
  if (!hit) return '';
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = hit.slice(1).map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute) - OFFSET_MS).toISOString().replace('.000Z', 'Z');
}

/** Whole calendar days from now to the instant, in Shanghai: 0 today, 1 tomorrow, -1 yesterday. */
export function daysBetween(now: number, instant: string | number): number {
  const time = typeof instant === 'number' ? instant : Date.parse(instant);
  return Math.floor((time + OFFSET_MS) / DAY_MS) - Math.floor((now + OFFSET_MS) / DAY_MS);
}

export const clockText = (instant: string | number): string => toField(instant).slice(11);
export const weekText = (instant: string | number): string => `周${WEEK[wall(instant).weekday] ?? ''}`;

/** 今天, 明天, 后天, 昨天, 前天, else 12月10日, else 2027年1月10日. */
export function dayText(instant: string | number, now: number): string {
  const near = { '-2': '前天', '-1': '昨天', '0': '今天', '1': '明天', '2': '后天' }[String(daysBetween(now, instant))];
  if (near) return near;
  const at = wall(instant);
  const year = at.year === wall(now).year ? '' : `${at.year}年`;
  return `${year}${at.month}月${at.day}日`;
}

/** 2024年6月18日, from 2024-06-18. */
export function dayWords(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return year && month && date ? `${year}年${month}月${date}日` : '';
}

/** 今天 19:30, 12月10日 15:00. */
export const momentText = (instant: string | number, now: number): string => `${dayText(instant, now)} ${clockText(instant)}`;

/** 今天 19:30–21:00; 12月10日 周四 15:00–17:00; the second day is named when it is another one. */
export function spanText(start: string, end: string, now: number): string {
  const day = dayText(start, now);
  const week = /\d/.test(day) ? ` ${weekText(start)}` : '';
  const tail = daysBetween(Date.parse(start), end) === 0 ? clockText(end) : momentText(end, now);
  return `${day}${week} ${clockText(start)}–${tail}`;
}

/** How long ago a message came: 刚刚, 5 分钟前, 今天 09:12, 昨天 21:00, 12月10日. */
export function agoText(instant: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(instant)) / 60_000);
  if (minutes < 1) return '刚刚';
  if (minutes < 60) return `${minutes} 分钟前`;
  return daysBetween(now, instant) >= -1 ? momentText(instant, now) : dayText(instant, now);
}

export function greeting(now: number): string {
  const { hour } = wall(now);
  if (hour < 5) return '夜深了';
  if (hour < 9) return '早上好';
  if (hour < 12) return '上午好';
  if (hour < 14) return '中午好';
  return hour < 18 ? '下午好' : '晚上好';
}
