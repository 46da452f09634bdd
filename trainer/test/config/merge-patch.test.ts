import { describe, expect, test } from 'vitest';
import { mergePatch, withValueAt } from '../../src/config/merge-patch.js';

describe('a merge patch', () => {
  // The examples of RFC 7396, appendix A.
  test.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('of %s by %s is %s', (target, patch, merged) => {
    expect(JSON.stringify(mergePatch(JSON.parse(target), JSON.parse(patch)))).toBe(merged);
  });

  test('named __proto__ is a key like any other', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__": {"a": 1}}')) as Record<string, unknown>;
    expect(Object.keys(merged)).toEqual(['__proto__']);
    expect(merged.a).toBeUndefined();
  });
});

describe('a value at a key', () => {
  test('replaces what is there, makes the objects on the way, and leaves the original alone', () => {
    const target = { a: { b: { c: 1, d: 2 } } };
    expect(withValueAt(target, ['a', 'b'], { e: 3 })).toEqual({ a: { b: { e: 3 } } });
    expect(withValueAt(target, ['x', 'y'], 4)).toEqual({ ...target, x: { y: 4 } });
    expect(withValueAt(target, ['a', 'b', 'c'], null)).toEqual({ a: { b: { d: 2 } } });
    expect(target).toEqual({ a: { b: { c: 1, d: 2 } } });
  });
});
