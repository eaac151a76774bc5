import { describe, expect, it } from 'vitest';
import { clockOffset, lifeLeft, refreshDelay, untilText } from '@/lib/countdown';

const at = (text: string): number => Date.parse(`2026-12-10T${text}Z`);
const times = { validUntil: '2026-12-10T07:00:40Z', refreshAt: '2026-12-10T07:00:10Z' };

it('measures how far the phone is off, half the way there and back allowed for', () => {
  expect(clockOffset('2026-12-10T07:00:00Z', at('06:50:00'), at('06:50:02'))).toBe(599_000);
});

it.each([['07:00:00', 10_000], ['07:00:09.800', 500], ['07:05:00', 500], ['06:00:00', 30_000]])('at %s waits %i ms', (now, want) => {
  expect(refreshDelay(times, at(now))).toBe(want);
});

it.each([['07:00:00', 1], ['07:00:05', 0.5], ['07:00:10', 0], ['07:00:30', 0], ['06:59:00', 1]])('at %s has %f of its life', (now, want) => {
  expect(lifeLeft(times, at('07:00:00'), at(now))).toBe(want);
});
it('has none if it came too late', () => { expect(lifeLeft(times, at('07:00:20'), at('07:00:20'))).toBe(0); });

describe('until the start', () => {
  it.each([
    ['2026-12-13T07:00:00Z', '还有 3 天'], ['2026-12-11T08:00:00Z', '还有 1 天'], ['2026-12-11T06:59:00Z', '还有 23 小时 59 分'], ['2026-12-10T12:05:00Z', '还有 5 小时 5 分'], ['2026-12-10T09:00:00Z', '还有 2 小时'],
    ['2026-12-10T07:08:00Z', '还有 8 分钟'], ['2026-12-10T07:00:40Z', '马上开始'], ['2026-12-10T07:00:00Z', ''], ['2026-12-10T06:00:00Z', ''],
  ])('%s: %s', (instant, want) => { expect(untilText(instant, at('07:00:00'))).toBe(want); });
});
