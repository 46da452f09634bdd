import { describe, expect, test } from 'vitest';
import { fanOutNormal, kaimingNormal, linearUniform } from '../src/layers/initialisers.js';
import { restoredRandom, seededRandom, standardNormal } from '../src/random.js';

const draw = (random: { next(): number }, count: number): number[] =>
  Array.from({ length: count }, () => random.next());

describe('the random generator', () => {
  test('gives the same numbers for the same seed and others for another', () => {
    expect(draw(seededRandom(7), 5)).toEqual(draw(seededRandom(7), 5));
    expect(draw(seededRandom(7), 5)).not.toEqual(draw(seededRandom(8), 5));
  });

  test('goes on from a stored state as if it had never stopped', () => {
    const random = seededRandom(7);
    draw(random, 1001);
    const resumed = restoredRandom(random.state);
    expect(draw(resumed, 100)).toEqual(draw(random, 100));
  });

  test('is xoshiro128**: its first output from the state 1, 2, 3, 4 is rotl(2 * 5, 7) * 9', () => {
    const first = restoredRandom('00000001000000020000000300000004').next();
    expect(Math.floor(first * 2 ** 27)).toBe((((2 * 5) << 7) * 9) >>> 5);
  });

  test('spreads evenly over [0, 1)', () => {
    const values = draw(seededRandom(1), 20_000);
    const counts = new Array<number>(10).fill(0);
    for (const value of values) counts[Math.floor(10 * value)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(1850);
    expect(Math.max(...counts)).toBeLessThan(2150);
  });

  test('makes normal numbers of mean 0 and deviation 1', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 20_000 }, () => standardNormal(random));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.02);
  });

  test.each(['', '00', 'g'.repeat(32), '0'.repeat(32)])('refuses "%s" as a state', (state) => {
    expect(() => restoredRandom(state)).toThrow(expect.objectContaining({ code: 'E_RESUME' }));
  });
});

describe('initial values', () => {
  const deviation = (values: Float32Array): number =>
    Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);

  test('have the deviations that the authors set', () => {
    expect(deviation(kaimingNormal([64, 32, 3, 3], seededRandom(1)))).toBeCloseTo(Math.sqrt(2 / (32 * 9)), 2);
    expect(deviation(fanOutNormal([64, 32, 3, 3], seededRandom(1)))).toBeCloseTo(Math.sqrt(2 / (64 * 9)), 2);
    const values = linearUniform(64)([100, 64], seededRandom(1));
    expect(Math.max(...values)).toBeLessThan(0.125);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.125);
  });
});
