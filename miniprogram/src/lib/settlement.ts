/** What closing an event does, in words, and its people in the order in which a record names them. */
import type { CountedPerson, Quorum, Settlement } from '@/api/settlements';

/** What the secretary reads before closing: 将记缺席 3 人、请假 2 人. */
export function closingText({ counts, items }: Settlement): string {
  const filled = items.filter((item) => item.source === 'settle' && item.status === 'absent').length;
  const parts: [string, number][] = [['到会', counts.present], ['请假', counts.leave], ['缺席', counts.absent], ['免到', counts.exempt]];
  const said = parts.filter(([name, value]) => value > 0 || name === '到会').map(([name, value]) => `${name} ${value} 人`).join('、');
  const rest = filled ? `其中 ${filled} 人没有记录，将记为缺席。` : '每个人都有记录了。';
  return `应到 ${counts.expected} 人：将记${said}。\n${rest}`;
}

/** 需到 12 人，已到 11 人，还差 1 人. */
export function quorumText({ needed, present, met }: Quorum): string {
  return met ? `需到 ${needed} 人，已到 ${present} 人` : `需到 ${needed} 人，已到 ${present} 人，还差 ${needed - present} 人`;
}

export type CountedGroup = 'present' | 'leave' | 'absent' | 'exempt' | 'uncounted';
const GROUPS: Record<CountedPerson['status'], CountedGroup> = {
  present: 'present', late: 'present', sick: 'leave', duty: 'leave', private: 'leave', absent: 'absent', exempt: 'exempt', pending: 'uncounted',
};
const TITLES: [CountedGroup, string][] = [['present', '到会'], ['leave', '请假'], ['absent', '缺席'], ['exempt', '免到'], ['uncounted', '不计入']];

export interface Group { name: CountedGroup; title: string; people: CountedPerson[] }

/** People by how they are counted; empty groups are left out. */
export const groupsOf = (items: readonly CountedPerson[]): Group[] =>
  TITLES.map(([name, title]) => ({ name, title, people: items.filter((item) => GROUPS[item.status] === name) })).filter(({ people }) => people.length > 0);
