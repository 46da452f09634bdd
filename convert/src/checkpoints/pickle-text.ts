// pickle-text.ts — operands that are written as text: those of protocol 0, and Python 2's integers beyond 32 bits, which have no binary
// opcode there and are text in every protocol.

import { MAX_PICKLE_INTEGER_BYTES } from './limits.js';
import type { Fail } from './pickle-cursor.js';

const MAX_DIGITS = MAX_PICKLE_INTEGER_BYTES * 2;
const INTEGER = /^[+-]?\d+L?$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL_FLOATS: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
]);

/** INT: decimal digits, or `00` and `01` for False and True. */
export function textInteger(line: string, fail: Fail): number | bigint | boolean {
  return line === '00' ? false : line === '01' ? true : textLong(line, fail);
}

/** LONG: decimal digits and an L. */
export function textLong(line: string, fail: Fail): number | bigint {
  if (line.length > MAX_DIGITS) fail(`an integer of ${line.length} digits, more than ${MAX_DIGITS}`);
  if (!INTEGER.test(line)) fail('an integer that has other characters than digits');
  const value = BigInt(line.replace(/^\+|L$/g, ''));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** FLOAT: as Python's repr writes it. */
export function textFloat(line: string, fail: Fail): number {
  return SPECIAL_FLOATS.get(line) ?? (FLOAT.test(line) ? Number(line) : fail('a float that is no decimal number'));
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** STRING: what Python 2's repr makes of a byte string, quotes included. @returns one character for each byte. */
export function textString(line: string, fail: Fail): string {
  const text = line.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) fail('a string without quotes');
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs, (_, hex?: string, octal?: string, character?: string) => {
      if (character !== undefined) return ESCAPES.get(character) ?? character;
      return String.fromCharCode(hex === undefined ? Number.parseInt(octal!, 8) & 255 : Number.parseInt(hex, 16));
    });
}

/** UNICODE: Python's raw-unicode-escape, where only `\uXXXX` and `\UXXXXXXXX` are escapes. @param line one character for each byte. */
export function textUnicode(line: string, fail: Fail): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long!, 16);
    return code > 0x10ffff ? fail('a character beyond Unicode') : String.fromCodePoint(code);
  });
}
