import { describe, expect, it } from 'vitest';
import { codeOf, eventIdOf, readScan, spaced, spokenCode, type PageQuery } from '@/lib/codes';

const URL = 'https://d.example/c/e01hxyz0000abc.179.Qm';
const encoded = encodeURIComponent(URL);

it.each<[PageQuery, string]>([
  [{ q: encoded }, URL], [{ q: URL }, URL], [{ scene: 'a%3D1' }, 'a=1'], [{ scene: 'a=1' }, 'a=1'], [{ code: '482913' }, '482913'],
  [{ q: '100%' }, '100%'], [{}, ''], [undefined, ''],
])('a page opened with %j has the code %s', (query, want) => { expect(codeOf(query)).toBe(want); });

it.each<[PageQuery, string]>([
  [{ id: 'x1' }, 'x1'], [{ scene: 'e%3D01hxyz0000abc' }, '01hxyz0000abc'], [{ scene: '01hxyz0000abc' }, '01hxyz0000abc'], [{ scene: 'e.short' }, ''], [undefined, ''],
])('a page opened with %j is about event %s', (query, want) => { expect(eventIdOf(query)).toBe(want); });

describe('a scanned text', () => {
  it.each([
    [URL, { kind: 'code', code: URL }], [`  ${URL}\n`, { kind: 'code', code: URL }],
    [`https://d.example/#/pages/checkin/checkin?q=${encoded}`, { kind: 'code', code: URL }],
    [`pages/checkin/checkin?scene=abc`, { kind: 'code', code: 'abc' }],
    ['pages/event/event?scene=01hxyz0000abc', { kind: 'event', id: '01hxyz0000abc' }],
    ['https://d.example/#/pages/event/event?id=01hxyz0000abc', { kind: 'event', id: '01hxyz0000abc' }],
    ['', { kind: 'unknown' }], ['pages/checkin/checkin?x=1', { kind: 'unknown' }],
  ])('%s', (text, want) => { expect(readScan(text)).toEqual(want); });
});

it.each([['482913', '482913'], [' 482 913 ', '482913'], ['４８２９１３', '482913'], ['48291', ''], ['4829134', ''], ['abcdef', '']])('spoken %s is %s', (text, want) => {
  expect(spokenCode(text)).toBe(want);
});
it('is read out in two halves', () => { expect(spaced('482913')).toBe('482 913'); });
