import { describe, expect, it } from 'vitest';
import { inviteCode } from '@/lib/invites';
import { codeOf, decodeLoose, eventIdOf, readScan, scannedAt, spaced, spokenCode, type PageQuery } from '@/lib/codes';

const URL = 'https://d.example/c/e01hxyz0000abc.179.Qm';
const encoded = encodeURIComponent(URL);

it.each<[PageQuery, string]>([
  [{ q: encoded }, URL], [{ q: URL }, URL], [{ scene: 'a%3D1' }, 'a=1'], [{ scene: 'a=1' }, 'a=1'], [{ code: '482913' }, '482913'],
  [{ q: '100%' }, '100%'], [{}, ''], [undefined, ''],
])('a page opened with %j has the code %s', (query, want) => { expect(codeOf(query)).toBe(want); });

it.each<[PageQuery, string]>([
  [{ id: '01hxyz0000abc' }, '01hxyz0000abc'], [{ id: 'x1' }, ''], [{ id: '../me' }, ''], [{ id: '01HXYZ0000ABC' }, ''], [{ id: '01hxyz0000abu' }, ''], [{ scene: 'e%3D01hxyz0000abc' }, '01hxyz0000abc'], [{ scene: '01hxyz0000abc' }, '01hxyz0000abc'], [{ scene: 'e.short' }, ''], [undefined, ''],
])('a page opened with %j is about event %s', (query, want) => { expect(eventIdOf(query)).toBe(want); });

describe('a scanned text', () => {
  it.each([
    [URL, { kind: 'code', code: URL }], [`  ${URL}\n`, { kind: 'code', code: URL }],
    [`https://d.example/#/pages/checkin/checkin?q=${encoded}`, { kind: 'code', code: URL }],
    [`pages/checkin/checkin?scene=abc`, { kind: 'code', code: 'abc' }],
    ['pages/event/event?scene=01hxyz0000abc', { kind: 'event', id: '01hxyz0000abc' }],
    ['https://d.example/#/pages/event/event?id=01hxyz0000abc', { kind: 'event', id: '01hxyz0000abc' }],
    ['https://d.example/c/iABCD2345', { kind: 'invitation', code: 'ABCD2345' }], ['iABCD2345', { kind: 'invitation', code: 'ABCD2345' }],
    ['', { kind: 'unknown' }], ['pages/checkin/checkin?x=1', { kind: 'unknown' }],
  ])('%s', (text, want) => { expect(readScan(text)).toEqual(want); });
});

it.each([['482913', '482913'], [' 482 913 ', '482913'], ['４８２９１３', '482913'], ['48291', ''], ['4829134', ''], ['abcdef', '']])('spoken %s is %s', (text, want) => {
  expect(spokenCode(text)).toBe(want);
});
it('is read out in two halves', () => { expect(spaced('482913')).toBe('482 913'); });

it.each([['ABCD2345', 'ABCD2345'], ['abcd 2345', 'ABCD2345'], ['ＡＢＣＤ－２３４５', 'ABCD2345'], ['https://d.example/c/iABCD2345?x=1', 'ABCD2345'], ['ABCD1O0I', ''], ['ABCD234', ''], ['', '']])('invitation %s is %s', (text, want) => {
  expect(inviteCode(text)).toBe(want);
});

describe('hostile text', () => {
  it.each(['%', '%E0%A4%A', '%%%', 'a%zz', '\u0000', '😀'.repeat(500)])('%j is decoded or left alone, never thrown over', (text) => { expect(typeof decodeLoose(text)).toBe('string'); });
  it('is not decoded twice: what the server signed stays what it was', () => { expect(codeOf({ q: 'https%3A%2F%2Fd%2Fc%2Fe1%252E2' })).toBe('https://d/c/e1%2E2'); });
  it.each([
    'pages/checkin/checkin?code=' + encodeURIComponent('pages/checkin/checkin?code=' + encodeURIComponent('pages/checkin/checkin?code=x')),
    'javascript:alert(1)', '<img src=x onerror=alert(1)>', '"; DROP TABLE attendance;--', 'https://evil.example/pages/checkin/checkin',
  ])('%s is only a code for the server to refuse', (text) => { expect(readScan(text).kind).toBe('code'); });
  it.each(['pages/event/event?id=../../me', 'pages/event/event?id=', 'pages/event/event?scene=%', 'pages/event/event?', 'pages/checkin/checkin?', '   '])('%j leads nowhere', (text) => {
    expect(readScan(text)).toEqual({ kind: 'unknown' });
  });
  it('takes a long run of separators in its stride', () => {
    const started = performance.now();
    readScan(`pages/event/event?scene=${'=&?'.repeat(20_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
  it.each(['12345６', '１２３ ４５６', '\u00a0482\u3000913'])('%j is six digits however they were typed', (text) => { expect(spokenCode(text)).toMatch(/^\d{6}$/); });
  it.each(['٤٨٢٩١٣', '4829.3', '-48291', '0x1234', '482913; '])('%j is no spoken code', (text) => { expect(spokenCode(text)).toBe(''); });
});

describe('the instant of a scan', () => {
  const NOW = Date.parse('2026-12-10T06:50:00Z');
  const seconds = NOW / 1000;
  it.each<[string | undefined, number]>([
    [String(seconds - 12), NOW - 12_000], [String(seconds), NOW], [undefined, NOW], ['', NOW], ['soon', NOW], [String(seconds + 60), NOW], [String(seconds - 301), NOW], ['0', NOW], ['-1', NOW], ['1e99', NOW],
  ])('told as %s', (told, want) => { expect(scannedAt({ scancode_time: told }, NOW)).toBe(want); });
  it('is now where nobody says', () => { expect(scannedAt(undefined, NOW)).toBe(NOW); });
});
