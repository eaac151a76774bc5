import { describe, expect, it } from 'vitest';
import { comingAsks, excuseText, EXCUSES, monthBeside, monthOf, monthText, monthTitle } from '@/lib/excuses';
import { branchMonth } from '../fakes/nouns';

const NOW = Date.parse('2026-12-08T04:00:00Z');

describe('a branch’s month', () => {
  it('has neighbours across the year', () => {
    expect([monthBeside('2026-12', 1), monthBeside('2027-01', -1), monthBeside('2026-12', 0)]).toEqual(['2027-01', '2026-12', '2026-12']);
    expect(monthTitle('2027-01')).toBe('2027年1月');
  });
  it('is Shanghai’s', () => { expect([monthOf(Date.parse('2026-11-30T15:59:00Z')), monthOf(Date.parse('2026-11-30T16:00:00Z'))]).toEqual(['2026-11', '2026-12']); });
  it('says what is missing, and who is asked next', () => {
    expect(monthText(branchMonth())).toBe('12月还没有安排主题党日（平常是 10 日）。');
    expect(comingAsks(branchMonth(), NOW)).toEqual(['12月11日提醒组织委员', '12月30日提醒上级组织委员']);
  });
  it('asks nobody once something is planned or a reason is given', () => {
    expect(monthText(branchMonth({ planned: true }))).toContain('已经安排好了');
    expect(comingAsks(branchMonth({ planned: true }), NOW)).toEqual([]);
    const quiet = branchMonth({ quiet: { reason: 'flood', note: '上堤', byName: '李书记', at: '2026-12-07T04:00:00Z' } });
    expect(monthText(quiet)).toBe('已说明：因防汛延期（上堤）。本月不再提醒。');
    expect(comingAsks(quiet, NOW)).toEqual([]);
  });
  it('knows a newer server’s reason as another one', () => {
    expect(excuseText('locusts')).toBe('其他情况');
    expect(EXCUSES.map(({ reason }) => excuseText(reason))).toHaveLength(6);
  });
});
