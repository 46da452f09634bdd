import { describe, expect, test } from 'vitest';
import { sineDistribution } from '../../src/analysis/laplace-sine.js';
import {
  HISTOGRAM_BINS,
  latentWeightStatistics,
  latentWeightTotals,
  waveOf,
} from '../../src/analysis/latent-weights.js';
import { laplaceSamples } from './laplace-samples.js';

const OMEGA0 = 20;

describe('statistics of latent weights', () => {
  test('are those of eq. 15 and of the authors’ script, written out', () => {
    // 20 w is near -pi/2, pi/6, 0, 5 pi/6: sines of -1, 0.5, 0, 0.5.
    const found = latentWeightStatistics(Float32Array.of(-Math.PI / 40, Math.PI / 120, 0, Math.PI / 24), OMEGA0);
    expect(found.weights).toBe(4);
    expect(found.b).toBeCloseTo((Math.PI / 4) * (1 / 40 + 1 / 120 + 1 / 24), 6);
    expect(found.omega0B).toBe(20 * found.b);
    expect(found.gamma).toBeCloseTo(0.5, 6);
    expect(found.quantizationError).toBeCloseTo((0.25 + 0 + 0.25 + 0) / 4, 6);
    // |-1 + 1|, |0.5 - 1|, |0 - 0| because PyTorch's sign(0) is 0, |0.5 - 1|
    expect(found.authorsQuantizationError).toBeCloseTo((0 + 0.5 + 0 + 0.5) / 4, 6);
  });

  test('of Laplace weights give b, and the error that eq. 17 predicts', () => {
    const weights = Float32Array.from(laplaceSamples(200_000, 0.08, 3));
    const found = latentWeightStatistics(weights, OMEGA0);
    expect(found.b).toBeCloseTo(0.08, 3);
    expect(found.quantizationError).toBeCloseTo(found.laplaceQuantizationError, 3);
  });

  test('of Laplace weights have a histogram that eq. 14 predicts', () => {
    const weights = Float32Array.from(laplaceSamples(200_000, 0.05, 5));
    const { histogram } = latentWeightStatistics(weights, OMEGA0);
    const x = OMEGA0 * 0.05;
    const chiSquare = histogram.reduce((sum, observed, i) => {
      const [from, to] = [i, i + 1].map((edge) => (2 * edge) / HISTOGRAM_BINS - 1);
      const expected = weights.length * (sineDistribution(to!, x) - sineDistribution(from!, x));
      return sum + (observed - expected) ** 2 / expected;
    }, 0);
    // 49 degrees of freedom: above 100 with probability 2e-5.
    expect(chiSquare).toBeLessThan(100);
  });

  test('have every weight in the histogram, the ends included', () => {
    const quarter = Math.fround(Math.PI / 2);
    const { histogram } = latentWeightStatistics(Float32Array.of(-quarter, quarter, 0), 1);
    expect(histogram.reduce((sum, n) => sum + n)).toBe(3);
    expect([histogram[0], histogram[HISTOGRAM_BINS / 2], histogram.at(-1)]).toEqual([1, 1, 1]);
  });

  test('of weights that are all zero are zero', () => {
    const found = latentWeightStatistics(new Float32Array(5), OMEGA0);
    expect(found).toMatchObject({ b: 0, gamma: 0, quantizationError: 0, laplaceQuantizationError: 0 });
  });

  test('sum over layers as the authors’ script does, and average as the paper speaks of it', () => {
    const layers = [0.02, 0.04].map((b) => latentWeightStatistics(Float32Array.of(b, -b), OMEGA0));
    const totals = latentWeightTotals(layers);
    expect(totals).toMatchObject({ layers: 2, weights: 4 });
    expect(totals.authorsB).toBeCloseTo(0.06, 7);
    expect(totals.meanB).toBeCloseTo(0.03, 7);
    expect(totals.authorsQuantizationError).toBeCloseTo(2 - Math.sin(0.4) - Math.sin(0.8), 6);
    expect(totals.meanQuantizationError).toBe(0);
  });
});

test('the wave takes the product in float32 and its sine in binary64', () => {
  const w = Math.fround(0.31415927);
  expect(waveOf(Float32Array.of(w), OMEGA0)[0]).toBe(Math.sin(Math.fround(20 * w)));
});
