import { describe, expect, test } from 'vitest';
import { compareCounts, countsPerCall, nearerCounts } from '../instructions/counts.mjs';

describe('countsPerCall', () => {
  test('takes the difference of twice as many calls and as many, so that what marks cost is gone', () => {
    // 7 instructions for each mark, 100 a call: 5 calls, then 10.
    expect(countsPerCall('1000\n1507\n2514\n', [{ name: 'a', calls: 5 }])).toEqual({ a: 100 });
  });

  test('takes the least of the repeats of each case, so that one that was disturbed changes nothing', () => {
    const undisturbed = [1000, 1507, 2514];
    const repeats = [...undisturbed, 3021 + 90_000, 94_028, 94_535, 95_542];
    const cases = [
      { name: 'a', calls: 5, repeats: 3 },
      { name: 'b', calls: 1 },
    ];
    expect(countsPerCall([...repeats, 96_000, 96_057, 96_164].join('\n'), cases)).toEqual({ a: 100, b: 50 });
  });

  test('refuses marks that are missing or no numbers', () => {
    expect(() => countsPerCall('1\n2\n', [{ name: 'a', calls: 1 }])).toThrow('2 marks for 1 cases');
    expect(() => countsPerCall('1\n2\nx\n', [{ name: 'a', calls: 1 }])).toThrow('3 marks for 1 cases');
    expect(() => countsPerCall('', [{ name: 'a', calls: 1 }])).toThrow('1 marks for 1 cases');
  });
});

describe('compareCounts', () => {
  const baseline = { tolerance: 0.02, instructionsPerCall: { x64: { a: 1000 } } };
  const failuresOf = (counted: Record<string, Record<string, number>>): string[] =>
    compareCounts(counted, baseline).failures;

  test.each([980, 1000, 1020])('takes %i instructions where the baseline has 1000', (a) => {
    expect(failuresOf({ x64: { a } })).toEqual([]);
  });

  test.each([979, 1021, 2000, Number.NaN])('refuses %d', (a) => {
    expect(failuresOf({ x64: { a } })).toHaveLength(1);
  });

  test('refuses cases and CPUs that only one of both has', () => {
    expect(failuresOf({ x64: {} })).toEqual(['x64, a: is in the baseline, but was not counted']);
    expect(failuresOf({})).toEqual(['x64, a: is in the baseline, but was not counted']);
    expect(failuresOf({ x64: { a: 1000, b: 1 } })).toEqual(['x64, b: 1 instructions, but is not in the baseline']);
    expect(failuresOf({ x64: { a: 1000 }, arm64: { a: 5 } })).toHaveLength(1);
  });
});

test('nearerCounts takes of two counts of a case the one that is nearer to the baseline', () => {
  const baseline = { instructionsPerCall: { x64: { a: 1000, b: 1000, c: 1000 } } };
  const nearer = nearerCounts(
    { x64: { a: 700, b: 1001, c: 600, d: 5 } },
    { x64: { a: 1002, b: 900, c: 500 } },
    baseline,
  );
  expect(nearer).toEqual({ x64: { a: 1002, b: 1001, c: 600, d: 5 } });
});
