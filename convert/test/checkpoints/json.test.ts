import { describe, expect, test } from 'vitest';
import { type JsonValue, parseJson } from '../../src/checkpoints/json.js';

/** Maps as objects and bigints as numbers: what `JSON.parse` gives. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'bigint' ? Number(value) : value;
}

describe('JSON', () => {
  test.each([
    '{}',
    ' [ ] ',
    'null',
    '[true,false,null,"",0,-1,12,1.5,-2e3,1E+2,0.0]',
    '\n{"a" : {"b":[{},[]]} ,\t"c":"d"}\r\n',
    '"\\u00e9 \\ud83d\\ude00 \\" \\\\ \\/ \\n"',
    '{"":1,"__proto__":2,"constructor":3}',
  ])('%s is read as JSON.parse reads it', (text) => {
    expect(plain(parseJson(text))).toEqual(JSON.parse(text));
  });

  test('tells whole numbers from others, and keeps all their digits', () => {
    expect(parseJson('[9007199254740993, 1.0, 1e3]')).toEqual([9007199254740993n, 1, 1000]);
  });

  test.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a"}',
    '{"a":}',
    '[1 2]',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '--1',
    'NaN',
    'Infinity',
    'nul',
    'truetrue',
    '"a',
    '"\\',
    '"\\x"',
    '"\t"',
    '1 2',
    '[}',
    '\u00a01',
  ])('%j is refused, as JSON.parse does', (text) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(() => parseJson(text)).toThrow(/ at character \d+$/);
  });

  test('a key that is there twice is refused, also if it is written in another way', () => {
    expect(() => parseJson('{"a":1,"b":2,"a":3}')).toThrow('the key "a" is there twice');
    expect(() => parseJson('[{"a":{"x":1,"\\u0078":2}}]')).toThrow('the key "x" is there twice');
  });

  test('deep nesting is refused before the stack runs out', () => {
    expect(() => parseJson('['.repeat(5_000_000))).toThrow('nested deeper than 16 levels');
    expect(() => parseJson('{"a":'.repeat(1_000_000))).toThrow('nested deeper than 16 levels');
  });

  test('too many values and too long numbers are refused', () => {
    expect(() => parseJson(`[${'0,'.repeat(2 ** 20)}0]`)).toThrow('more than 1048576 values');
    expect(() => parseJson('9'.repeat(5_000_000))).toThrow('a number of 5000000 characters');
  });

  test('millions of spaces are only that', () => {
    expect(parseJson(`${' '.repeat(9_000_000)}1${' '.repeat(9_000_000)}`)).toBe(1n);
  });
});
