import { describe, expect, test } from 'vitest';
import { readFlexIntegers } from '../../src/tflite/flexbuffer.js';

const MAP = 9;
const INT = 1;
const BOOL = 26;
const FLOAT = 3;
const key = (text: string): number[] => [...new TextEncoder().encode(text), 0];
const read = (bytes: readonly number[]): ReadonlyMap<string, number> =>
  readFlexIntegers(Uint8Array.from(bytes), (what) => {
    throw new Error(`options ${what}`);
  });

/** A map of one-byte numbers. */
function flexMap(entries: readonly (readonly [key: string, value: number, type: number])[]): number[] {
  const keys = entries.map(([name]) => key(name));
  const starts = keys.map((_, i) => keys.slice(0, i).flat().length);
  const bytes = keys.flat();
  bytes.push(entries.length);
  const keysAt = bytes.length;
  for (const start of starts) bytes.push(bytes.length - start);
  bytes.push(bytes.length - keysAt, 1, entries.length);
  const valuesAt = bytes.length;
  bytes.push(...entries.map(([, value]) => value & 0xff), ...entries.map(([, , type]) => type * 4));
  bytes.push(bytes.length - valuesAt, MAP * 4, 1);
  return bytes;
}

describe('the options of a custom operator', () => {
  test('are whole numbers and booleans by their names', () => {
    const bytes = flexMap([
      ['channels_in', 64, INT],
      ['padding', -1, INT],
      ['same', 1, BOOL],
    ]);
    expect([...read(bytes)]).toEqual([
      ['channels_in', 64],
      ['padding', -1],
      ['same', 1],
    ]);
  });

  test('may be none', () => {
    expect(read(flexMap([])).size).toBe(0);
  });

  test.each([
    ['of another type', [...flexMap([['a', 1, INT]]).slice(0, -2), 2 * 4, 1], /type 2, expected a map/],
    ['with a value that is no whole number', flexMap([['a', 1, FLOAT]]), /"a" of FlexBuffers type 3/],
    [
      'with a key twice',
      flexMap([
        ['a', 1, INT],
        ['a', 2, INT],
      ]),
      /the key "a" twice/,
    ],
    ['too short', [0, 1], /2 bytes, too few/],
    ['with a root of three bytes', [...flexMap([['a', 1, INT]]).slice(0, -1), 3], /values of 3 bytes/],
    ['with an offset that leads outside', [255, MAP * 4, 1], /leads outside/],
  ])('%s are refused', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  test('with more keys than values are refused', () => {
    const bytes = flexMap([['a', 1, INT]]);
    bytes[2] = 2;
    expect(() => read(bytes)).toThrow(/2 keys for 1 values/);
  });
});
