import { expect, test } from 'vitest';
import { fitCosts } from '../instructions/fit.mjs';

const way = (terms: Record<string, number>) => ({ shape: '', way: '', macs: 1, terms, calls: 2 });
const WAYS = [way({}), way({ a: 10 }), way({ b: 10, a: 1 }), way({ a: 3, b: 7 })];
/** Two calls of each: the second took as long as it has to. */
const marksOf = (counts: readonly number[]): string => {
  const steps = counts.flatMap((count) => [5, count + 99, 7, count]);
  const marks = steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step));
  return `${marks.join('\n')}\n`;
};

test('counts that are a sum of costs are taken apart, and what a mark takes goes', () => {
  const mark = 1000;
  const { costs, ways } = fitCosts(marksOf([mark, mark + 20, mark + 302, mark + 216]), WAYS);
  expect(costs.a).toBeCloseTo(2, 9);
  expect(costs.b).toBeCloseTo(30, 9);
  expect(ways.map(({ counted }: { counted: number }) => counted)).toEqual([20, 302, 216]);
});

test('marks that are missing are told', () => {
  expect(() => fitCosts('1\n2\n', WAYS)).toThrow('2 marks, expected 16');
});
