/** What members can ask for, and the words for it. */
import type { AttendanceSource, Change } from '@/api/checkins';
import type { EventItem } from '@/api/events';
import type { Ask, Request, RequestState } from '@/api/requests';
import { momentText } from './dates';
import { SOURCES, STATUSES, textOf, wordOf, type Word } from './words';

export const REQUEST_STATES: Record<RequestState, Word> = {
  pending: { text: '等待审批', tone: 'amber' },
  approved: { text: '已同意', tone: 'green' },
  declined: { text: '没有同意', tone: 'red' },
  withdrawn: { text: '已撤回', tone: 'grey' },
};

export const LEAVES: { status: Ask['status']; label: string; reasons: string[] }[] = [
  { status: 'sick', label: '病假', reasons: ['身体不舒服', '去医院看病', '住院治疗'] },
  { status: 'duty', label: '公假', reasons: ['外出开会', '值班走不开', '出差在外'] },
  { status: 'private', label: '事假', reasons: ['家里有事', '照看老人孩子', '农忙走不开'] },
];
export const MAKEUP_REASONS = ['手机没电了', '忘了扫码', '没有信号', '到场时签到已截止'];
export const DECLINE_REASONS = ['请尽量参加', '情况不符', '请补充说明后再提'];

export const kindText = (request: Pick<Request, 'kind' | 'status'>): string =>
  (request.kind === 'makeup' ? '补签' : `请${wordOf(STATUSES, request.status).text}`);

/** How many of a page of requests wait for me, such as 3 个; empty when none does. There may be more than a page. */
export function waitingText({ items, next }: { items: readonly Request[]; next: string }): string {
  const mine = items.filter(({ canDecide }) => canDecide).length;
  if (!mine && !next) return '';
  return next ? `${mine} 个以上` : `${mine} 个`;
}

const MONTH_MS = 30 * 24 * 3600_000;
const CAME = ['present', 'late'];
const ON_LEAVE = ['sick', 'duty', 'private'];
/** Who did it with their own hands may help others. */
const BY_MEMBER: readonly string[] = ['scan', 'spoken', 'offline', 'personal'] satisfies AttendanceSource[];

/** What the member may do now. The server decides; this only spares them buttons that would be refused. */
export function possible(event: EventItem, requests: readonly Request[], now: number): { leave: boolean; makeup: boolean; help: boolean } {
  const mine = event.mine;
  const status = mine?.attendance?.status ?? 'pending';
  const asked = requests.some(({ state }) => state === 'pending');
  const free = mine !== null && !asked && !CAME.includes(status);
  const begun = ['open', 'ended', 'closed'].includes(event.phase);
  return {
    leave: free && mine.expected && event.state === 'published' && now < Date.parse(event.startsAt) && !ON_LEAVE.includes(status),
    makeup: free && begun && now > Date.parse(event.startsAt) && now < Date.parse(event.endsAt) + MONTH_MS,
    help: event.phase === 'open' && CAME.includes(status) && BY_MEMBER.includes(mine?.attendance?.source ?? ''),
  };
}

/** One line of a row's history: when, what, and by whom. */
export function changeText(change: Change, now: number): string {
  const what = change.to === 'pending' ? '撤回记录' : wordOf(STATUSES, change.to).text;
  const by = change.source === 'helped' && change.by ? `由${change.by.name}代签` : [change.by?.name, textOf(SOURCES, change.source)].filter(Boolean).join('，');
  return `${momentText(change.at, now)} ${what}${by ? `（${by}）` : ''}`;
}

/** A name is found by its characters or by the first letters of its pinyin. */
export const matches = (person: { name: string; initials: string }, words: string): boolean => {
  const word = words.trim().toLowerCase();
  return !word || person.name.includes(word) || person.initials.includes(word);
};
