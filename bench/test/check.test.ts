import { describe, expect, test } from 'vitest';
import { requireEqual, requireSameAnswer } from '../src/check.js';

describe('requireEqual', () => {
  test('refuses one wrong number and names it', () => {
    expect(() => requireEqual('an engine', [1, 2, 4], [1, 2, 3], 0)).toThrow(
      'an engine: number 2 of 3 is 4, expected 3; nothing was timed',
    );
  });

  test('takes what is within the tolerance, a share of the largest number or of 1', () => {
    requireEqual('an engine', [100.5, 0.005], [100, 0], 0.01);
    requireEqual('an engine', [100, 0.9], [100, 0], 0.01);
    expect(() => requireEqual('an engine', [100, 1.1], [100, 0], 0.01)).toThrow(/number 1/);
    expect(() => requireEqual('an engine', [0.02], [0], 0.01)).toThrow(/number 0/);
    expect(() => requireEqual('an engine', [102], [100], 0.01)).toThrow(/number 0/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s, whatever the tolerance', (value) => {
    expect(() => requireEqual('an engine', [value], [1], 0.5)).toThrow(/nothing was timed/);
    expect(() => requireEqual('an engine', [1], [Number.NaN], 0.5)).toThrow(/nothing was timed/);
  });

  test('refuses another length', () => {
    expect(() => requireEqual('an engine', [1], [1, 2], 0)).toThrow('gives 1 numbers, expected 2');
    expect(() => requireEqual('an engine', [1, 2, 3], [1, 2], 0)).toThrow('gives 3 numbers, expected 2');
  });
});

describe('requireSameAnswer', () => {
  const expected = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
  const flipped = (by: number): number[] => expected.map((value, i) => value + (i % 2 === 0 ? by : -by));

  test('takes the small difference that flipped signs make, if the first class is the same', () => {
    requireSameAnswer('an engine', flipped(0.4), expected, 1e-6);
  });

  test('refuses another first class, however near', () => {
    const other = expected.map((value) => (value === 99 ? 97.9 : value));
    expect(() => requireSameAnswer('an engine', other, expected, 1e-6)).toThrow(/nothing was timed/);
  });

  test('refuses the same first class with all else different', () => {
    const other = expected.map((value) => (value === 99 ? 99 : 98 - value));
    expect(() => requireSameAnswer('an engine', other, expected, 1e-6)).toThrow(/nothing was timed/);
  });

  test('refuses NaN and another length', () => {
    expect(() => requireSameAnswer('an engine', [99, Number.NaN], [99, 1], 1e-6)).toThrow(/nothing was timed/);
    expect(() => requireSameAnswer('an engine', [99], [99, 1], 1e-6)).toThrow(/expected 2/);
  });
});
