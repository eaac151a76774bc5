import { describe, expect, it } from 'vitest';
import type { EventItem } from '@/api/events';
import { changeText, kindText, matches, possible, waitingText } from '@/lib/requests';
import { event, mark, NOW, request } from '../fakes/nouns';

const HOUR = 3600_000;
const starts = Date.parse(event().startsAt);
const ends = Date.parse(event().endsAt);
const mine = (part: Parameters<typeof mark>[0]): EventItem['mine'] => ({ expected: true, attendance: mark(part) });

it('says how many wait, and when there are more than a page', () => {
  const mine = request({ canDecide: true });
  expect(waitingText({ items: [mine, request()], next: '' })).toBe('1 个');
  expect(waitingText({ items: [mine, mine], next: 'r1' })).toBe('2 个以上');
  expect(waitingText({ items: [request()], next: '' })).toBe('');
});

describe('what a member may do', () => {
  it.each<[string, Partial<EventItem>, number, string]>([
    ['before the start', { phase: 'upcoming' }, starts - HOUR, 'leave'],
    ['before the start, not expected', { phase: 'upcoming', mine: { expected: false, attendance: null } }, starts - HOUR, ''],
    ['before the start, of another branch', { phase: 'upcoming', mine: null }, starts - HOUR, ''],
    ['before the start, on leave', { phase: 'upcoming', mine: mine({ status: 'sick', source: 'leave' }) }, starts - HOUR, ''],
    ['here by a scan', { mine: mine({}) }, starts - 1, 'help'],
    ['ticked by the secretary', { mine: mine({ source: 'roll' }) }, starts - 1, ''],
    ['after the start', {}, starts + 1, 'makeup'],
    ['after the close', { phase: 'closed', state: 'closed', mine: mine({ status: 'absent', source: 'settle' }) }, ends + HOUR, 'makeup'],
    ['after a month', { phase: 'closed', state: 'closed', mine: mine({ status: 'absent', source: 'settle' }) }, ends + 31 * 24 * HOUR, ''],
    ['called off', { phase: 'cancelled', state: 'cancelled' }, starts - HOUR, ''],
  ])('%s', (_name, part, now, want) => {
    const can = possible(event(part), [], now);
    expect(Object.entries(can).filter(([, yes]) => yes).map(([name]) => name).join(' ')).toBe(want);
  });

  it('waits while a request is open', () => {
    expect(possible(event({ phase: 'upcoming' }), [request()], starts - HOUR).leave).toBe(false);
    expect(possible(event({ phase: 'upcoming' }), [request({ state: 'declined' })], starts - HOUR).leave).toBe(true);
  });
});

it('names what is asked for', () => {
  expect(kindText({ kind: 'leave', status: 'duty' })).toBe('请公假');
  expect(kindText({ kind: 'makeup', status: 'present' })).toBe('补签');
});

it('tells a change in one line', () => {
  const change = { revision: 1, from: 'pending' as const, to: 'present' as const, source: 'helped' as const, at: '2026-12-10T06:40:00Z', by: { id: 'm', name: '李秀英' }, reason: '' };
  expect(changeText(change, NOW)).toBe('今天 14:40 已到（由李秀英代签）');
  expect(changeText({ ...change, to: 'pending', source: 'roll' }, NOW)).toBe('今天 14:40 撤回记录（李秀英，书记点名）');
  expect(changeText({ ...change, source: 'scan', by: null }, NOW)).toBe('今天 14:40 已到（扫码）');
});

it('finds a person by name and by initials', () => {
  const person = { name: '王建国', initials: 'wjg' };
  expect(['', ' 建国', 'WJ', 'jg'].every((words) => matches(person, words))).toBe(true);
  expect(matches(person, 'zs')).toBe(false);
});
