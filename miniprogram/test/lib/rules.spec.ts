import { describe, expect, it } from 'vitest';
import type { AttendanceStatus } from '@/api/checkins';
import { newKey } from '@/lib/keys';
import { monthOf } from '@/lib/month';
import { qrImage } from '@/lib/qr';
import { queued, settled } from '@/lib/queue';
import { needsReason, recount, replaced, rollOf, tabOf, tabSizes } from '@/lib/roll';
import { adviceFor, countsText, PHASES, reachText, wordOf } from '@/lib/words';
import { attendance, brief, counts, NOW } from '../fakes/nouns';

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
  it('counts as the server does: guests and the exempt are outside', () => {
    expect(tabSizes(list)).toEqual({ missing: 1, came: 3, leave: 2 });
    expect(recount(list)).toEqual({ expected: 4, present: 2, late: 1, leave: 1, exempt: 1, absent: 0, pending: 1 });
  });
  it('replaces one line', () => { expect(tabSizes(replaced(list, person('甲', 'present'))).missing).toBe(0); });
  it.each<[AttendanceStatus, boolean, boolean]>([['pending', false, false], ['pending', true, true], ['present', false, true]])('%s, closed %s: reason %s', (status, closed, want) => {
    expect(needsReason(person('x', status), closed)).toBe(want);
  });
});

describe('scans without signal', () => {
  const scan = (key: string) => ({ key, code: `code-${key}`, scannedAt: '2026-12-10T07:00:00Z' });
  it('keeps the first instant of the same code', () => {
    const first = scan('a');
    expect(queued([first], { ...first, key: 'b', scannedAt: 'later' })).toEqual([first]);
    expect(queued([first], scan('b'))).toHaveLength(2);
  });
  it('keeps what the server could not judge and drops the rest', () => {
    const line = (key: string, status: number, done = false) => ({ key, status, repeated: false, attendance: done ? attendance() : null, error: done ? null : { code: 'x', message: '过期' } });
    const result = settled(['a', 'b', 'c', 'd'].map(scan), { items: [line('a', 201, true), line('b', 409), line('c', 503)] });
    expect(result.rest.map((item) => item.key)).toEqual(['c', 'd']);
    expect(result.accepted).toHaveLength(1);
    expect(result.refused).toEqual(['过期']);
  });
});

it('sees my month without counting a meeting twice', () => {
  const past = [{ event: brief({ id: '1' }), attendance: person('我', 'late') }, { event: brief({ id: '2' }), attendance: person('我', 'sick') },
    { event: brief({ id: '3', startsAt: '2026-11-30T15:59:00Z' }), attendance: person('我', 'present') }];
  expect(monthOf(past, [brief({ id: '1' }), brief({ id: '4' }), brief({ id: '5', startsAt: '2027-01-10T07:00:00Z' })], NOW)).toEqual({ label: '12月', total: 3, came: 1, leave: 1, ahead: 1 });
});

describe('words', () => {
  it.each([
    [{ expected: 38, reachable: 31 }, '38 人中 31 人可收到微信提醒，7 人需要电话通知'], [{ expected: 5, reachable: 5 }, '5 人中 5 人可收到微信提醒，不需要电话通知'],
  ])('%j', (reach, want) => { expect(reachText(reach)).toBe(want); });
  it('counts leave out what is zero', () => { expect(countsText(counts({ late: 0, absent: 0 }))).toBe('应到 30 · 实到 8 · 请假 2'); });
  it('have something to say to an unknown state and an unknown refusal', () => {
    expect(wordOf(PHASES, 'paused').text).toBe('其他');
    expect(adviceFor('brand_new')).toContain('书记');
  });
});

it('draws a code as a picture without canvas', () => { expect(qrImage('https://d.example/c/e1')).toMatch(/^data:image\/gif;base64,/); });
it('never makes the same key twice', () => {
  const keys = new Set(Array.from({ length: 500 }, newKey));
  expect(keys.size).toBe(500);
  expect(Math.max(...[...keys].map((key) => key.length))).toBeLessThanOrEqual(64);
});
