import { describe, expect, test } from 'vitest';
import {
  optimalScale,
  QUANTIZATION_ERROR_LIMIT,
  quantizationError,
  sineDensity,
  sineDistribution,
  WORST_OMEGA0_B,
} from '../../src/analysis/laplace-sine.js';
import { laplaceSamples } from './laplace-samples.js';

const X = [0.05, 0.2, 0.5, 0.954882, 2, 5, 30];
const STEPS = 20_000;

/** Integral of g over [from, to] by the midpoint rule. */
function integral(g: (t: number) => number, from: number, to: number, steps = STEPS): number {
  const step = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += g(from + (i + 0.5) * step);
  return sum * step;
}

/** E[g(sin(omega0 w))] by the density of the sine; s = sin(t) takes the infinities at the ends away. */
const overSine = (g: (s: number) => number, x: number): number =>
  integral((t) => g(Math.sin(t)) * sineDensity(Math.sin(t), x) * Math.cos(t), -Math.PI / 2, Math.PI / 2);

/** E[g(sin(w / b * x))] by the density of the weights, with b = 1; beyond 40 b lie e^-40 of them. */
const overWeights = (g: (s: number) => number, x: number): number =>
  integral((w) => (g(Math.sin(x * w)) + g(Math.sin(-x * w))) * 0.5 * Math.exp(-w), 0, 40, 400_000);

describe('the density of sin(omega0 w), eq. 14', () => {
  test.each(X)('integrates to 1 for omega0 b = %d', (x) => {
    expect(overSine(() => 1, x)).toBeCloseTo(1, 5);
  });

  test.each(X)('is the sum over all solutions of sin(omega0 w) = s, eq. 13, for omega0 b = %d', (x) => {
    for (const s of [-0.99, -0.5, -0.001, 0, 0.3, 0.9]) {
      let sum = 0;
      for (let k = -2000; k <= 2000; k++) {
        const angle = (-1) ** k * Math.asin(s) + Math.PI * k;
        sum += Math.exp(-Math.abs(angle) / x) / (2 * x * Math.sqrt(1 - s * s));
      }
      expect(sineDensity(s, x) / sum).toBeCloseTo(1, 9);
    }
  });

  test.each(X)('has the moments of the sine of Laplace-distributed weights for omega0 b = %d', (x) => {
    for (const g of [(s: number) => s, (s: number) => s * s, (s: number) => s ** 4, Math.abs]) {
      expect(overSine(g, x)).toBeCloseTo(overWeights(g, x), 5);
    }
  });

  test('is 0 outside of [-1, 1], infinite at its ends, and even', () => {
    expect(sineDensity(1.01, 1)).toBe(0);
    expect(sineDensity(-1, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(sineDensity(0.3, 1)).toBe(sineDensity(-0.3, 1));
  });

  test('is that of the weights themselves for small omega0 b, and the arcsine distribution for large', () => {
    expect(sineDensity(0.001, 0.001)).toBeCloseTo(Math.exp(-1) / 0.002, 3);
    expect(sineDensity(0.6, 1e6)).toBeCloseTo(1 / (Math.PI * 0.8), 6);
  });

  test.each(X)('has the distribution function as its integral for omega0 b = %d', (x) => {
    expect(sineDistribution(-1, x)).toBeCloseTo(0, 12);
    expect(sineDistribution(1, x)).toBeCloseTo(1, 12);
    for (const s of [-0.9, -0.2, 0, 0.4, 0.95]) {
      const upTo = integral((t) => sineDensity(Math.sin(t), x) * Math.cos(t), -Math.PI / 2, Math.asin(s));
      expect(sineDistribution(s, x)).toBeCloseTo(upTo, 4);
    }
  });
});

describe('gamma, eq. 18', () => {
  test.each(X)('is the mean of |sin(omega0 w)| for omega0 b = %d', (x) => {
    expect(optimalScale(x)).toBeCloseTo(overWeights(Math.abs, x), 6);
  });

  test('goes from omega0 b to 2 / pi', () => {
    expect(optimalScale(1e-4) / 1e-4).toBeCloseTo(1, 6);
    expect(optimalScale(1e6)).toBeCloseTo(2 / Math.PI, 9);
  });
});

describe('the quantization error, eq. 15 to 17', () => {
  test.each(X)('is the mean square of sin - gamma sign(sin) for omega0 b = %d, for any gamma', (x) => {
    for (const scale of [optimalScale(x), 0.3, 1]) {
      const expected = overWeights((s) => (s - scale * Math.sign(s)) ** 2, x);
      expect(quantizationError(x, scale)).toBeCloseTo(expected, 5);
    }
  });

  test.each(X)('is smallest for the gamma of eq. 18, for omega0 b = %d', (x) => {
    const least = quantizationError(x);
    expect(quantizationError(x, optimalScale(x) + 0.01)).toBeCloseTo(least + 1e-4, 9);
    expect(quantizationError(x, optimalScale(x) - 0.01)).toBeCloseTo(least + 1e-4, 9);
  });

  test('has its maximum, 0.102835, at omega0 b = 0.954882, as the paper says', () => {
    let [low, high] = [0.5, 1.5];
    while (high - low > 1e-9) {
      const [a, c] = [low + (high - low) / 3, high - (high - low) / 3];
      if (quantizationError(a) < quantizationError(c)) low = a;
      else high = c;
    }
    expect(low).toBeCloseTo(WORST_OMEGA0_B, 5);
    expect(quantizationError(low)).toBeCloseTo(0.102835, 6);
  });

  test('vanishes for small omega0 b and goes to 1/2 - 4 / pi^2 for large', () => {
    expect(quantizationError(1e-4)).toBeLessThan(1e-7);
    expect(quantizationError(1e6)).toBeCloseTo(QUANTIZATION_ERROR_LIMIT, 9);
    expect(QUANTIZATION_ERROR_LIMIT).toBeCloseTo(0.094715, 6);
  });
});

describe('a million seeded Laplace weights', () => {
  const SAMPLES = 1_000_000;
  const weights = laplaceSamples(SAMPLES, 1, 7);

  test.each(X)('agree with all of it within five standard errors for omega0 b = %d', (x) => {
    const wave = weights.map((w) => Math.sin(x * w));
    const average = (of: (s: number) => number): number => wave.reduce((sum, s) => sum + of(s), 0) / SAMPLES;
    const gamma = optimalScale(x);
    const margin = 5 / Math.sqrt(SAMPLES); // no quantity here has a standard deviation above 1
    expect(Math.abs(average(Math.abs) - gamma)).toBeLessThan(margin);
    expect(Math.abs(average((s) => (Math.abs(s) - gamma) ** 2) - quantizationError(x))).toBeLessThan(margin);
    for (const s of [-0.999, -0.7, 0, 0.2, 0.99]) {
      const below = average((value) => (value <= s ? 1 : 0));
      expect(Math.abs(below - sineDistribution(s, x))).toBeLessThan(margin);
    }
  });
});
