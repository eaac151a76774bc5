import { describe, expect, it } from 'vitest';
import { agoText, clockText, dayText, daysBetween, fromField, greeting, momentText, spanText, toField, wall, weekText } from '@/lib/dates';

/** 2026-12-10 14:50, a Thursday, in Shanghai. */
const NOW = Date.parse('2026-12-10T06:50:00Z');

describe('days', () => {
  it.each([
    ['2026-12-08T16:00:00Z', '昨天'], ['2026-12-08T15:59:59Z', '前天'], ['2026-12-09T16:00:00Z', '今天'], ['2026-12-10T15:59:59Z', '今天'],
    ['2026-12-10T16:00:00Z', '明天'], ['2026-12-12T01:00:00Z', '后天'], ['2026-12-13T01:00:00Z', '12月13日'], ['2026-12-31T16:00:00Z', '2027年1月1日'],
    ['2026-01-05T01:00:00Z', '1月5日'], ['2025-12-31T15:59:59Z', '2025年12月31日'],
  ])('%s is %s', (instant, want) => { expect(dayText(instant, NOW)).toBe(want); });
});

it.each([
  ['2026-12-10T11:30:00Z', '2026-12-10T13:00:00Z', '今天 19:30–21:00'],
  ['2026-12-17T07:00:00Z', '2026-12-17T09:00:00Z', '12月17日 周四 15:00–17:00'],
  ['2026-12-11T07:00:00Z', '2026-12-12T03:00:00Z', '明天 15:00–后天 11:00'],
])('from %s to %s reads %s', (start, end, want) => { expect(spanText(start, end, NOW)).toBe(want); });

describe('fields', () => {
  it.each([['2026-12-10 15:00', '2026-12-10T07:00:00Z'], ['2026-1-1 00:05', '2025-12-31T16:05:00Z'], ['2026-12-10T07:30', '2026-12-09T23:30:00Z']])('%s is %s', (field, instant) => {
    expect(fromField(field)).toBe(instant);
  });
  it('goes there and back whatever zone the phone is in', () => { expect(fromField(toField('2026-02-28T16:00:00Z'))).toBe('2026-02-28T16:00:00Z'); });
  it.each(['', '今天', '2026-12-10'])('%s is no field', (text) => { expect(fromField(text)).toBe(''); });
  it('reads the wall clock', () => { expect(wall('2026-12-31T16:30:00Z')).toEqual({ year: 2027, month: 1, day: 1, hour: 0, minute: 30, weekday: 5 }); });
});

it.each([
  ['2026-12-10T06:49:30Z', '刚刚'], ['2026-12-10T06:20:00Z', '30 分钟前'], ['2026-12-10T01:12:00Z', '今天 09:12'],
  ['2026-12-09T13:00:00Z', '昨天 21:00'], ['2026-12-01T13:00:00Z', '12月1日'],
])('%s was %s', (instant, want) => { expect(agoText(instant, NOW)).toBe(want); });

it.each([[2, '夜深了'], [6, '早上好'], [10, '上午好'], [12, '中午好'], [15, '下午好'], [20, '晚上好']])('at %i one says %s', (hour, want) => {
  expect(greeting(Date.parse('2026-12-09T16:00:00Z') + hour * 3600_000)).toBe(want);
});

describe('around midnight and the end of the year, in Shanghai', () => {
  const LAST_SECOND = Date.parse('2026-12-31T15:59:59Z');
  const FIRST_SECOND = Date.parse('2026-12-31T16:00:00Z');
  it.each<[string, number, string]>([
    ['2026-12-31T16:00:00Z', LAST_SECOND, '明天'], ['2026-12-31T15:59:59Z', FIRST_SECOND, '昨天'], ['2026-12-31T16:00:00Z', FIRST_SECOND, '今天'],
    ['2027-01-02T16:00:00Z', LAST_SECOND, '2027年1月3日'], ['2026-12-28T15:00:00Z', FIRST_SECOND, '2026年12月28日'], ['2028-02-28T16:00:00Z', Date.parse('2028-01-01T00:00:00Z'), '2月29日'],
  ])('%s', (instant, now, want) => { expect(dayText(instant, now)).toBe(want); });
  it.each<[string, number]>([['2026-12-31T16:00:00Z', 1], ['2026-12-31T15:59:59.999Z', 0], ['2026-12-30T15:59:59Z', -1], ['2027-12-31T15:59:59Z', 365]])('%s is %i days off', (instant, want) => {
    expect(daysBetween(LAST_SECOND, instant)).toBe(want);
  });
  it('names the second day of what lasts over midnight', () => { expect(spanText('2026-12-31T15:00:00Z', '2026-12-31T17:00:00Z', LAST_SECOND)).toBe('今天 23:00–明天 01:00'); });
  it('names the year of what ends in the next one but one', () => { expect(spanText('2027-01-10T07:00:00Z', '2027-01-10T09:00:00Z', LAST_SECOND)).toBe('2027年1月10日 周日 15:00–17:00'); });
  it('says the clock and the day of the week', () => {
    expect(clockText('2026-12-31T16:00:00Z')).toBe('00:00');
    expect(weekText('2026-12-31T16:00:00Z')).toBe('周五');
    expect(momentText('2026-12-31T16:05:00Z', LAST_SECOND)).toBe('明天 00:05');
  });
  it('says yesterday of a message from before midnight', () => { expect(agoText('2026-12-31T14:00:00Z', FIRST_SECOND)).toBe('昨天 22:00'); });
  it('is not confused by a phone that runs behind', () => { expect(agoText('2026-12-31T16:03:00Z', FIRST_SECOND)).toBe('刚刚'); });
  it.each(['2026-02-28 23:59', '2028-02-29 00:00', '2026-12-31 23:59', '2027-01-01 00:00'])('%s survives the way to the server and back', (field) => { expect(toField(fromField(field))).toBe(field); });
});
