import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonText } from '../src/json-text.js';

describe('parseJsonText', () => {
  test('reads what JSON.parse reads', () => {
    const isRead = (text: string): void => {
      expect(parseJsonText(text)).toEqual(JSON.parse(text));
    };
    fc.assert(fc.property(fc.json(), isRead));
  });

  test.each([
    ['lists', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['no JSON', '[{'.repeat(2_000_000)],
  ])('refuses %s, nested deep', (_name, text) => {
    expect(() => parseJsonText(text)).toThrow('it is nested deeper than 64 levels');
  });

  test('takes 64 levels, and brackets in strings for no nesting', () => {
    expect(() => parseJsonText('['.repeat(64) + ']'.repeat(64))).not.toThrow();
    expect(parseJsonText(`"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"`)).toHaveLength(2001);
  });

  test.each([
    ['{"a": 1, "a": 2}', '"a"'],
    ['{"x": [{"b" : 1, "c": 2, "b":3}]}', '"b"'],
    ['{"a": 1, "\\u0061": 2}', '"a"'],
    [`{"${'k'.repeat(100)}": 1, "${'k'.repeat(100)}": 2}`, `"${'k'.repeat(39)}..."`],
  ])('refuses a key that stands twice, in %s', (text, key) => {
    expect(() => parseJsonText(text)).toThrow(`the key ${key} stands twice in one object`);
  });

  test('lets objects beside and in each other have the same keys', () => {
    expect(parseJsonText('[{"a": {"a": "a"}}, {"a": "\\"a\\":"}]')).toEqual([{ a: { a: 'a' } }, { a: '"a":' }]);
  });

  test('reads a string of 20 MB and 200,000 keys', () => {
    const text = `{"${'a'.repeat(2e7)}": 1, ${Array.from({ length: 200_000 }, (_, i) => `"k${i}": 0`).join()}}`;
    expect(Object.keys(parseJsonText(text) as object)).toHaveLength(200_001);
  });
});
