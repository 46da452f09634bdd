import { describe, expect, test } from 'vitest';
import { keyedOrder, keyedRandom } from '../../src/sets/keyed-random.js';

describe('keyed random numbers', () => {
  test('are uniform, and another sequence for each key', () => {
    const first = Array.from({ length: 4000 }, (_, position) => keyedRandom(2, 7, 3, position)());
    expect(first.reduce((sum, x) => sum + x, 0) / 4000).toBeCloseTo(0.5, 1);
    expect(new Set(first).size).toBeGreaterThan(3990);
    expect(first.every((x) => x >= 0 && x < 1)).toBe(true);
  });

  test('order a set by a permutation', () => {
    const order = keyedOrder(1000, 1, 2);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order).not.toEqual(keyedOrder(1000, 1, 3));
  });
});
