import { describe, expect, it } from 'vitest';
import type { StationResult } from '@/api/stations';
import { held, inputOf, judged, offsetText, trimmed, unsettled, type Held } from '@/lib/station';
import { attendance, keptBy } from '../fakes/nouns';

const result = (key: string, part: Partial<StationResult>): StationResult => ({ key, outcome: 'recorded', attendance: attendance(), question: null, error: null, ...part });

describe('the queue of a station', () => {
  it('holds one entry for a person at an event, with the first instant', () => {
    const first = keptBy('a', { scannedAt: '2026-12-10T07:00:00Z' });
    expect(held([first], keptBy('b', { scannedAt: '2026-12-10T07:09:00Z' }))).toEqual([first]);
    expect(held([first], keptBy('b', { eventId: 'another' }))).toHaveLength(2);
    expect(held([{ ...first, state: 'refused' }], keptBy('b'))).toHaveLength(2);
  });
  it('sends what the server asks for and nothing else', () => {
    expect(inputOf(keptBy('a'))).toEqual({ key: 'a', packId: 'p1', memberId: 'm1', proof: 'proof', scannedAt: '2026-12-10T07:00:00Z' });
    expect(inputOf(keptBy('a', { code: 'pcode' })).code).toBe('pcode');
  });
  it('takes every outcome for what it is', () => {
    const question = { reason: 'marked_otherwise' as const, message: '要改吗？', status: 'present' as const, source: 'roll' as const, at: '2026-12-10T07:00:00Z' };
    const list = ['a', 'b', 'c', 'd', 'e'].map((key) => keptBy(key));
    const after = judged(list, [
      result('a', {}), result('b', { outcome: 'repeated' }), result('c', { outcome: 'question', question, attendance: attendance({ status: 'sick' }) }),
      result('d', { outcome: 'refused', attendance: null, error: { code: 'scan_in_future', message: '手机时间不准' } }),
    ]);
    expect(after.map(({ state, message }) => [state, message])).toEqual([['sent', '已登记'], ['sent', '之前已经登记过'], ['question', ''], ['refused', '手机时间不准'], ['waiting', '']]);
    expect(after[2]).toMatchObject({ question, there: { status: 'sick' } });
    expect(unsettled(after).map(({ key }) => key)).toEqual(['c', 'e']);
  });
  it('forgets old successes and never anything that is open', () => {
    const list: Held[] = [keptBy('open'), ...Array.from({ length: 50 }, (_none, index) => keptBy(`s${index}`, { state: 'sent' })), keptBy('asked', { state: 'question' })];
    const left = trimmed(list);
    expect(left).toHaveLength(32);
    expect(left[0]?.key).toBe('open');
    expect(left[1]?.key).toBe('s20');
    expect(left.at(-1)?.key).toBe('asked');
  });
});

it.each([[0, ''], [1400, ''], [-3000, '手机时间快了 3 秒，已自动校正'], [60_000, '手机时间慢了 60 秒，已自动校正'], [600_000, '手机时间慢了 10 分钟，已自动校正']])('says what the clock is off: %d', (offset, text) => {
  expect(offsetText(offset)).toBe(text);
});
