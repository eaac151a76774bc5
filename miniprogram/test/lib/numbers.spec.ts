import { expect, test } from 'vitest';
import { numbersIn } from '../e2e/numbers';

const NUMBER = '19900031676';
const wide = NUMBER.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));

test.each<[string, string | Buffer]>([
  ['plain', NUMBER], ['of the demonstration, touched by a hash', `0af${NUMBER}9e`], ['with its country', `"+86${NUMBER}"`], ['between texts', `full13812345678normal`],
  ['spaced', '199 0003 1676'], ['full-width', `电话${wide}。`], ['hexadecimal', Buffer.from(`x${NUMBER}`).toString('hex')],
  ...['', 'a', 'ab', 'abc'].map((before) => [`base64 after ${before.length}`, Buffer.from(`${before}${NUMBER}…`).toString('base64')] satisfies [string, string]),
  ['UTF-16', Buffer.from(NUMBER, 'utf16le')],
])('a number that is %s is found', (_, text) => {
  expect(numbersIn(typeof text === 'string' ? Buffer.from(text) : text)).not.toEqual([]);
});

test.each([
  ['an instant', '"at":1764381600000'], ['a hash', '4fa13812345678ab0c'], ['a masked number', '138****5678'], ['nanoseconds', '1764381600000000000'],
  ['an instant in base64', Buffer.from('1764381600000').toString('base64')], ['an instant in hexadecimal', Buffer.from('1764381600000').toString('hex')],
])('%s is none', (_, text) => {
  expect(numbersIn(Buffer.from(text))).toEqual([]);
});
