/** The attendance list as the secretary works through it: who is missing, who came, who is on leave. */
import type { Attendance, AttendanceSource, AttendanceStatus, Counts } from '@/api/checkins';

export type RollTab = 'missing' | 'came' | 'leave';

const TAB_OF: Record<AttendanceStatus, RollTab> = {
  pending: 'missing', absent: 'missing', present: 'came', late: 'came',
  sick: 'leave', duty: 'leave', private: 'leave', exempt: 'leave',
};

/** Somebody outside the denominator who has no mark is not missing: they need not come. */
export const shownStatus = (item: Attendance): AttendanceStatus => (item.status === 'pending' && !item.expected ? 'exempt' : item.status);

export const tabOf = (item: Attendance): RollTab => TAB_OF[shownStatus(item)];

/** People of one tab whose name, its initials or org hold the words; those who came are newest first, the others as the server lists them. */
export function rollOf(items: readonly Attendance[], tab: RollTab, words: string): Attendance[] {
  const word = words.trim().toLowerCase();
  const hits = items.filter((item) => tabOf(item) === tab && (!word || item.memberName.includes(word) || item.initials.includes(word) || item.orgName.includes(word)));
  return tab === 'came' ? hits.sort((one, two) => (two.at ?? '').localeCompare(one.at ?? '')) : hits;
}

export function tabSizes(items: readonly Attendance[]): Record<RollTab, number> {
  const sizes: Record<RollTab, number> = { missing: 0, came: 0, leave: 0 };
  for (const item of items) sizes[tabOf(item)]++;
  return sizes;
}

/** A changed line put in its place. */
export const replaced = (items: readonly Attendance[], changed: Attendance): Attendance[] =>
  items.map((item) => (item.memberId === changed.memberId ? changed : item));

/** What one line adds to the counts: the server's own arithmetic. Whoever came is present, also who was not expected. */
function share(item: Attendance): Counts {
  const status = shownStatus(item);
  const is = (...statuses: AttendanceStatus[]): number => (statuses.includes(status) ? 1 : 0);
  return {
    expected: item.expected && status !== 'exempt' ? 1 : 0, present: is('present', 'late'), late: is('late'), leave: is('sick', 'duty', 'private'),
    exempt: is('exempt'), absent: is('absent'), pending: is('pending'),
  };
}

/**
 * The counts after one line changed, until the server's next answer. They are of the whole event, the lines on this screen
 * perhaps only of one branch: so they are moved and not counted anew.
 */
export function moved(counts: Counts, before: Attendance, after: Attendance): Counts {
  const [less, more] = [share(before), share(after)];
  const names = Object.keys(counts) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, counts[name] - less[name] + more[name]])) as unknown as Counts;
}

/** What members do themselves or for one another; over that, the secretary writes why. */
const BY_MEMBER: readonly AttendanceSource[] = ['scan', 'spoken', 'offline', 'personal', 'helped'];

/** The server wants a reason after the close, and over a member's own check-in; the roll's own marks are corrected without one. */
export const needsReason = (item: Attendance, closed: boolean): boolean => closed || (item.status !== 'pending' && BY_MEMBER.includes(item.source));

/** What somebody may be marked as. `absent` is for after the close, when a mark can no longer be taken back to pending. */
export function marksFor(item: Attendance, closed: boolean): AttendanceStatus[] {
  const all: AttendanceStatus[] = ['present', 'late', 'sick', 'duty', 'private', 'exempt'];
  if (closed) return [...all, 'absent'];
  return item.status === 'pending' ? all : [...all, 'pending'];
}
