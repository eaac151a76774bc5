import { describe, expect, it } from 'vitest';
import { bandText, ceilingChoices, ceilingText, knowing, monthAfter, monthText, pileParts, pileSize, reachWhy, toldParts } from '@/lib/reach';

const counts = { pending: 1, held: 2, sending: 3, sent: 10, refused: 4, failed: 5, skipped: 6 };
const told = { newsId: 'r1', title: '活动通知', at: '', expected: 21, wechat: 5, read: 4, answered: 6, phoned: 3, waiting: 2, missed: 1 };

it('adds up who knows', () => {
  expect(knowing(told)).toBe(18);
  expect(toldParts(told).map(({ value }) => value)).toEqual([5, 4, 6, 3, 2, 1]);
});
it('puts every delivery into one pile', () => {
  expect([pileSize(counts, 'problem'), pileSize(counts, 'waiting'), pileSize(counts, 'sent')]).toEqual([15, 6, 10]);
  expect(pileParts(counts).reduce((sum, { value }) => sum + value, 0)).toBe(31);
});
describe('why not everybody', () => {
  it.each([[2, 3, 1, '2 人没有绑定微信，3 人没有允许提醒，1 人自己关闭了'], [0, 3, 0, '3 人没有允许提醒'], [2, 0, 0, '2 人没有绑定微信'], [0, 0, 0, '']])('%i, %i and %i', (unbound, noGrant, muted, text) => {
    expect(reachWhy({ expected: 9, reachable: 4, unbound, noGrant, muted, spared: 0 })).toBe(text);
  });
});
it('names bands', () => {
  expect([bandText({ from: 0, to: 3, members: 1 }), bandText({ from: 10, to: null, members: 1 })]).toEqual(['0–3 条', '10 条以上']);
});
describe('months', () => {
  it.each([['2026-12', 1, '2027-01'], ['2026-01', -1, '2025-12'], ['2026-03', -14, '2025-01'], ['2026-06', 0, '2026-06']])('%s and %i', (month, by, want) => {
    expect(monthAfter(month, by)).toBe(want);
  });
  it('are written as people say them', () => { expect(monthText('2026-07')).toBe('2026年7月'); });
});
describe('the ceiling', () => {
  const from = { id: 'o1', name: '乡党委', kind: 'committee' as const };
  it.each([[0, 0, null, '没有上限'], [6, 6, from, '每人每月 6 条'], [0, 6, from, '每人每月 6 条（乡党委规定）']])('own %i, holds %i', (own, most, whose, text) => {
    expect(ceilingText({ own, most, from: whose, above: 0, editable: true })).toBe(text);
  });
  it('is never looser than above', () => {
    expect(ceilingChoices(6)).toEqual([3, 4, 6, 0]);
    expect(ceilingChoices(0)).toEqual([3, 4, 6, 8, 10, 12, 0]);
  });
});
