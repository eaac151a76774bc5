/** Finds mobile numbers in bytes, in whatever dress: plain, spaced, full-width, UTF-16, hexadecimal or base64. */

/** Not within a hash or an instant. In a database texts stand side by side, so that letters may touch a number. */
const NUMBER = /(?<![0-9a-f])(?:86)?1[3-9]\d{9}(?![0-9a-f])/g;
const SPACED = /(?<!\d)1[3-9]\d([ -])\d{4}\1\d{4}(?!\d)/g;
/** In latin1 a full-width digit is the bytes EF BC 90 to EF BC 99. */
const WIDE = /\xef\xbc\x91(?:\xef\xbc[\x90-\x99]){10}/g;
const UTF16 = /1\0[3-9]\0(?:\d\0){9}/g;
const HEX = /(?<!3\d)313[3-9](?:3\d){9}(?!3\d)/g;
/** Nine digits in base64, which eleven always have in them, with what stands on either side. */
const BASE64 = /(?:[\w+/-]{4})?(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){3}[\w+/-]{0,4}/g;
const INSIDE = /(?<!\d)1[3-9]\d{9}(?!\d)/;

/** Those of the demonstration, which are known, are found whatever touches them. */
const MADE_UP = new Set(Array.from({ length: 5000 }, (_, i) => `199${String(i * 7919 % 100_000_000).padStart(8, '0')}`));
const LIKE_MADE_UP = /199(?=(\d{8}))/g;

/** The numbers that stand in the bytes, as they stand there. */
export function numbersIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1');
  const as = (form: RegExp, encoding: BufferEncoding): string[] => (text.match(form) ?? []).map((hit) => Buffer.from(hit, encoding).toString());
  return [
    ...[NUMBER, SPACED].flatMap((form) => text.match(form) ?? []),
    ...as(WIDE, 'latin1'), ...as(UTF16, 'latin1'), ...as(HEX, 'hex'), ...as(BASE64, 'base64').filter((hit) => INSIDE.test(hit)),
    ...Array.from(text.matchAll(LIKE_MADE_UP), (hit) => `199${hit[1] ?? ''}`).filter((number) => MADE_UP.has(number)),
  ];
}
