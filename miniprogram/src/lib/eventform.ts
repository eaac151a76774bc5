/** Rules and defaults of the form that publishes an event. Pure; the page holds the text, these hold the sense. */
import type { EventInput, EventItem, EventKind, EventReminders } from '@/api/events';
import { fromField, toField, wall } from './dates';

/** A point on the map. */
export interface Spot { lat: number; lng: number }

/** The form's own shape: fields as they are typed, times as `2026-12-10 15:00` in Shanghai. */
export interface EventForm {
  kind: EventKind; title: string; summary: string; hostOrgId: string; guestOrgIds: string[];
  start: string; end: string; placeName: string; placeAddress: string;
  /** The site it is held at, '' when it is held elsewhere. */
  siteId: string;
  /** Where the hall is, if somebody has marked it; a site has its own. */
  position: Spot | null;
  customWindow: boolean; opens: string; late: string; closes: string;
  reminders: EventReminders;
}

export type FormErrors = Partial<Record<keyof EventForm, string>>;

/** Where the server's field paths show up in this form. */
const FIELD_OF: Record<string, keyof EventForm> = {
  title: 'title', summary: 'summary', hostOrgId: 'hostOrgId', guestOrgIds: 'guestOrgIds', startsAt: 'start', endsAt: 'end', 'place.name': 'placeName',
  'place.address': 'placeAddress', siteId: 'siteId', 'checkin.opensAt': 'opens', 'checkin.closesAt': 'closes', 'checkin.lateAfter': 'late',
};

/** The server's complaints at this form's fields; `rest` are the sentences about what the form does not show. */
export function complaintsOf(fields: Record<string, string>): { errors: FormErrors; rest: string[] } {
  const errors: FormErrors = {};
  const rest: string[] = [];
  for (const [path, words] of Object.entries(fields)) {
    const field = FIELD_OF[path];
    if (field) errors[field] = words; else rest.push(words);
  }
  return { errors, rest };
}

/** What the fold hides; a complaint there opens it. */
export const folded = (errors: FormErrors): boolean => (['opens', 'late', 'closes', 'summary', 'placeAddress'] as const).some((name) => name in errors);

const MINUTE = 60_000;
const HOUR = 3600_000;
/** Two hours on the theme day at three in the afternoon is what branches here usually do. */
const START_HOUR = 15;
const LASTS = 2 * HOUR;

const shift = (field: string, ms: number): string => {
  const at = fromField(field);
  return at ? toField(Date.parse(at) + ms) : '';
};

/** The next theme day (the org's day of the month, 10 if unknown) at 15:00 that is still to come. */
export function nextThemeDay(now: number, day = 10): string {
  const { year, month } = wall(now);
  for (let ahead = 0; ; ahead++) {
    const first = new Date(Date.UTC(year, month - 1 + ahead, 1));
    const last = new Date(Date.UTC(year, month + ahead, 0)).getUTCDate();
    const date = `${first.getUTCFullYear()}-${first.getUTCMonth() + 1}-${Math.min(day, last)}`;
    const start = fromField(`${date} ${START_HOUR}:00`);
    if (Date.parse(start) > now) return toField(start);
  }
}

/** The start of a meeting that begins right now: the last five minutes, rounded down. */
export const startingNow = (now: number): string => toField(Math.floor(now / (5 * MINUTE)) * 5 * MINUTE);

/** One-tap titles for a kind, the month in them. */
export function titleIdeas(kind: EventKind, start: string): string[] {
  const at = fromField(start);
  const month = at ? `${wall(at).month}月` : '';
  const ideas: Record<EventKind, string[]> = {
    theme_day: [`${month}主题党日`, `${month}主题党日：重温入党誓词`, `${month}主题党日：参观红色教育基地`],
    member_meeting: [`${month}支部党员大会`, '讨论发展党员大会'],
    committee_meeting: [`${month}支委会`],
    group_meeting: [`${month}党小组会`],
    lecture: [`${month}党课`, '书记讲党课'],
    volunteering: [`${month}志愿服务`, '走访慰问老党员', '清洁家园志愿服务'],
  };
  return ideas[kind];
}

/** Check-in opens half an hour before, is late ten minutes in (or at the end of something shorter), and closes at the end: the server's own defaults. */
export function windowOf(start: string, end: string): Pick<EventForm, 'opens' | 'late' | 'closes'> {
  const late = shift(start, 10 * MINUTE);
  return { opens: shift(start, -30 * MINUTE), late: fromField(late) > fromField(end) ? end : late, closes: end };
}

/** The reminders of an organisation that has chosen none: the server's own. */
export const USUAL: EventReminders = { published: true, dayBefore: true, soon: false, recordReady: true };

/** A new event for the org that hosts it, with the reminders it usually has. */
export function newForm(now: number, hostOrgId: string, themeDay?: number, usual = USUAL): EventForm {
  const start = nextThemeDay(now, themeDay);
  const end = shift(start, LASTS);
  return {
    kind: 'theme_day', title: titleIdeas('theme_day', start)[0] ?? '', summary: '', hostOrgId, guestOrgIds: [],
    start, end, placeName: '', placeAddress: '', siteId: '', position: null, customWindow: false, ...windowOf(start, end),
    reminders: { ...usual },
  };
}

export function formOf(event: EventItem): EventForm {
  const start = toField(event.startsAt);
  const end = toField(event.endsAt);
  const usual = windowOf(start, end);
  const opens = toField(event.checkin.opensAt);
  const late = toField(event.checkin.lateAfter);
  const closes = toField(event.checkin.closesAt);
  return {
    kind: event.kind, title: event.title, summary: event.summary, hostOrgId: event.hostOrgId, guestOrgIds: [...event.guestOrgIds],
    start, end, placeName: event.place.name, placeAddress: event.place.address ?? '', siteId: event.siteId, position: event.siteId ? null : event.place.position ?? null,
    customWindow: opens !== usual.opens || late !== usual.late || closes !== usual.closes, opens, late, closes,
    reminders: { ...event.reminders },
  };
}

/** Moves the start; the end keeps its distance, an untouched check-in window and an untouched suggested title follow. */
export function moveStart(form: EventForm, start: string): EventForm {
  const length = Date.parse(fromField(form.end)) - Date.parse(fromField(form.start));
  const end = shift(start, length > 0 ? length : LASTS);
  const idea = titleIdeas(form.kind, form.start).indexOf(form.title);
  const title = idea >= 0 ? titleIdeas(form.kind, start)[idea] ?? form.title : form.title;
  return { ...form, start, end, title, ...(form.customWindow ? {} : windowOf(start, end)) };
}

export function moveEnd(form: EventForm, end: string): EventForm {
  return { ...form, end, ...(form.customWindow ? {} : windowOf(form.start, end)) };
}

/** Changes the kind; a title that was only suggested is suggested anew. */
export function changeKind(form: EventForm, kind: EventKind): EventForm {
  const suggested = !form.title || titleIdeas(form.kind, form.start).includes(form.title);
  return { ...form, kind, title: suggested ? titleIdeas(kind, form.start)[0] ?? '' : form.title };
}

/** What is wrong with the form, field by field, in words the secretary can act on; empty when it may be sent. */
export function formErrors(form: EventForm): FormErrors {
  const errors: FormErrors = {};
  const title = form.title.trim();
  if (title.length < 2 || title.length > 60) errors.title = '请填写标题，2 到 60 个字';
  if (!form.hostOrgId) errors.hostOrgId = '请选择由哪个支部主办';
  if (!form.placeName.trim()) errors.placeName = '请填写地点，比如“村党群服务中心二楼”';
  else if (form.placeName.trim().length > 60) errors.placeName = '地点最多 60 个字';
  if (form.placeAddress.trim().length > 120) errors.placeAddress = '地址最多 120 个字';
  if (form.summary.length > 2000) errors.summary = '内容最多 2000 个字';
  const start = fromField(form.start);
  const end = fromField(form.end);
  if (!start) errors.start = '请选择开始时间';
  if (!end || end <= start) errors.end = '结束时间要晚于开始时间';
  if (form.customWindow) Object.assign(errors, windowErrors(form));
  return errors;
}

function windowErrors(form: EventForm): FormErrors {
  const opens = fromField(form.opens);
  const late = fromField(form.late);
  const closes = fromField(form.closes);
  if (!opens || !closes || closes <= opens) return { closes: '签到结束要晚于签到开始' };
  return !late || late < opens || late > closes ? { late: '“迟到”的时间要在签到开始和结束之间' } : {};
}

/** The position that goes along: the site's as it was, or the hall's with the radius it had. */
function spotOf(form: EventForm, previous?: EventItem): { position?: Spot; radius?: number } {
  const before = previous?.siteId === form.siteId ? previous.place : undefined;
  const position = form.siteId ? before?.position : form.position;
  return position ? { position, ...(before?.radius ? { radius: before.radius } : {}) } : {};
}

/** The form as the server takes it. `previous` keeps what the form does not show, and lets the server notice that somebody else was faster. */
export function inputOf(form: EventForm, key: string, previous?: EventItem): EventInput {
  const place = { name: form.placeName.trim(), address: form.placeAddress.trim() };
  const spot = spotOf(form, previous);
  return {
    ...(previous ? { revision: previous.revision } : {}), key, kind: form.kind, title: form.title.trim(), summary: form.summary.trim(),
    hostOrgId: form.hostOrgId, guestOrgIds: form.guestOrgIds.filter((id) => id !== form.hostOrgId),
    startsAt: fromField(form.start), endsAt: fromField(form.end), place: { ...place, ...spot }, ...(form.siteId ? { siteId: form.siteId } : {}),
    // what nobody chose is left to the server
    ...(form.customWindow ? { checkin: { opensAt: fromField(form.opens), closesAt: fromField(form.closes), lateAfter: fromField(form.late) } } : {}),
    reminders: { ...form.reminders },
  };
}
