import { describe, expect, it } from 'vitest';
import type { Attendance, AttendanceStatus } from '@/api/checkins';
import { newKey } from '@/lib/keys';
import { monthOf } from '@/lib/month';
import { qrImage } from '@/lib/qr';
import { queued, settled } from '@/lib/queue';
import { marksFor, moved, needsReason, replaced, rollOf, shownStatus, tabOf, tabSizes } from '@/lib/roll';
import { adviceFor, PHASES, reachText, SOURCES, textOf, wordOf } from '@/lib/words';
import { attendance, brief, counts, entry, handed, kept, NOW } from '../fakes/nouns';

const person = (memberName: string, status: AttendanceStatus, at: string | null = null, expected = true) => attendance({ memberId: memberName, memberName, status, at, expected });

describe('the roll', () => {
  const list = [person('甲', 'pending'), person('乙', 'present', '2026-12-10T07:00:00Z'), person('丙', 'late', '2026-12-10T07:20:00Z'), person('丁', 'sick'), person('戊', 'exempt'), person('己', 'present', '2026-12-10T06:59:00Z', false)];
  it.each<[AttendanceStatus, string]>([['pending', 'missing'], ['absent', 'missing'], ['present', 'came'], ['late', 'came'], ['sick', 'leave'], ['duty', 'leave'], ['private', 'leave'], ['exempt', 'leave']])('%s is under %s', (status, tab) => {
    expect(tabOf(person('x', status))).toBe(tab);
  });
  it('shows who came last first', () => { expect(rollOf(list, 'came', '').map((item) => item.memberName)).toEqual(['丙', '乙', '己']); });
  it('is searched by name and by org', () => {
    expect(rollOf(list, 'missing', ' 甲 ')).toHaveLength(1);
    expect(rollOf(list, 'missing', '石桥')).toHaveLength(1);
    expect(rollOf(list, 'missing', '乙')).toHaveLength(0);
  });
  it('counts its tabs', () => { expect(tabSizes(list)).toEqual({ missing: 1, came: 3, leave: 2 }); });
  it('does not miss somebody who need not come', () => {
    const away = person('庚', 'pending', null, false);
    expect(shownStatus(away)).toBe('exempt');
    expect(tabOf(away)).toBe('leave');
    expect(shownStatus(person('辛', 'present', null, false))).toBe('present');
  });
  it('replaces one line', () => { expect(tabSizes(replaced(list, person('甲', 'present'))).missing).toBe(0); });
  it.each<[AttendanceStatus, Attendance['source'], boolean, boolean]>([
    ['pending', '', false, false], ['pending', '', true, true], ['present', 'scan', false, true], ['late', 'spoken', false, true], ['present', 'offline', false, true],
    ['present', 'roll', false, false], ['sick', 'roll', false, false], ['absent', 'settle', true, true], ['pending', 'scan', false, false],
  ])('%s by “%s”, closed %s: reason %s', (status, source, closed, want) => {
    expect(needsReason({ ...person('x', status), source }, closed)).toBe(want);
  });
  it('offers to take a mark back while the event runs, and absence once it is closed', () => {
    expect(marksFor(person('x', 'pending'), false)).not.toContain('pending');
    expect(marksFor(person('x', 'present'), false)).toContain('pending');
    expect(marksFor(person('x', 'present'), true)).toEqual(expect.arrayContaining(['absent']));
    expect(marksFor(person('x', 'present'), true)).not.toContain('pending');
  });
});

describe('the counts after one change', () => {
  const before = counts({ expected: 30, present: 8, late: 1, leave: 2, exempt: 1, absent: 0, pending: 20 });
  it.each<[string, AttendanceStatus, AttendanceStatus, boolean, Partial<typeof before>]>([
    ['comes', 'pending', 'present', true, { present: 9, pending: 19 }], ['comes late', 'pending', 'late', true, { present: 9, late: 2, pending: 19 }],
    ['is late after all', 'present', 'late', true, { late: 2 }], ['is on leave', 'pending', 'duty', true, { leave: 3, pending: 19 }],
    ['need not come', 'pending', 'exempt', true, { expected: 29, exempt: 2, pending: 19 }], ['was marked by mistake', 'present', 'pending', true, { present: 7, pending: 21 }],
    ['comes although nobody expected them', 'pending', 'present', false, { present: 9, exempt: 0 }], ['was absent and is excused', 'absent', 'sick', true, { absent: -1, leave: 3 }],
  ])('when somebody %s', (_name, from, to, expected, want) => {
    expect(moved(before, person('x', from, null, expected), person('x', to, null, expected))).toEqual({ ...before, ...want });
  });
});

describe('scans without signal', () => {
  it('keeps the first instant of the same code, and the same digits for two meetings', () => {
    const first = kept('a');
    expect(queued([first], { ...first, key: 'b', scannedAt: 'later' })).toEqual([first]);
    expect(queued([first], kept('b'))).toHaveLength(2);
    expect(queued([kept('a', { code: '482913', eventId: 'e1' })], kept('b', { code: '482913', eventId: 'e2' }))).toHaveLength(2);
  });
  it.each([[201, '', 'accepted'], [200, '', 'accepted'], [409, 'code_expired', 'refused'], [400, 'code_forged', 'refused'], [403, 'not_expected', 'refused'],
    [403, 'not_bound', 'rest'], [429, 'too_many_attempts', 'rest'], [500, 'internal', 'rest'], [503, 'busy', 'rest'], [401, 'no_session', 'rest']] as const)('answered %i %s is %s', (status, code, where) => {
    const result = settled([kept('a')], { items: [handed('a', status, code)] });
    expect([result.rest.length, result.accepted.length, result.refused.length]).toEqual([Number(where === 'rest'), Number(where === 'accepted'), Number(where === 'refused')]);
  });
  it('keeps what the answer does not mention', () => { expect(settled([kept('a'), kept('b')], { items: [handed('a')] }).rest).toEqual([kept('b')]); });
});

it('sees my month without counting a meeting twice', () => {
  const past = [entry({ id: '1' }, { status: 'late' }), entry({ id: '2' }, { status: 'sick' }), entry({ id: '3', startsAt: '2026-11-30T15:59:00Z' })];
  expect(monthOf(past, [brief({ id: '1' }), brief({ id: '4' }), brief({ id: '5', startsAt: '2027-01-10T07:00:00Z' })], NOW)).toEqual({ label: '12月', total: 3, came: 1, leave: 1, ahead: 1 });
});

describe('words', () => {
  it.each([
    [{ expected: 38, reachable: 31 }, '38 人中 31 人可收到微信提醒，7 人需要电话通知'], [{ expected: 5, reachable: 5 }, '5 人中 5 人可收到微信提醒，不需要电话通知'],
  ])('%j', (reach, want) => { expect(reachText(reach)).toBe(want); });
  it('have something to say to an unknown state and an unknown refusal', () => {
    expect(wordOf(PHASES, 'paused').text).toBe('其他');
    expect(textOf(SOURCES, 'telepathy')).toBe('');
    expect(adviceFor('brand_new')).toContain('书记');
  });
});

it('draws a code as a picture without canvas', () => { expect(qrImage('https://d.example/c/e1')).toMatch(/^data:image\/gif;base64,/); });
it('never makes the same key twice', () => {
  const keys = new Set(Array.from({ length: 500 }, newKey));
  expect(keys.size).toBe(500);
  expect(Math.max(...[...keys].map((key) => key.length))).toBeLessThanOrEqual(64);
});
