import { describe, expect, test } from 'vitest';
import { seededRandom, standardNormal } from '../../src/random.js';
import { ofWaves, scaled, toWaves } from '../../src/warm-start/filters.js';

const FILTERS = 5;
const TAPS = 36;
const random = seededRandom(3);
const values = Float32Array.from({ length: FILTERS * TAPS }, () => 0.1 * standardNormal(random));
const scale = Float32Array.of(1, 0.5, -2, 3, 1);
const largest = (o: number) => Math.max(...values.subarray(o * TAPS, (o + 1) * TAPS).map(Math.abs));

describe.each([20, 5, 0.5])('filters as waves of frequency %d', (omega0) => {
  test('over their whole range are the same numbers to float rounding', () => {
    const { weights, alpha, clipped } = toWaves({ values, scale }, 'max', omega0);
    expect(clipped).toBe(0);
    const found = scaled({ values: ofWaves(weights, omega0), scale: alpha });
    const expected = scaled({ values, scale });
    found.forEach((value, i) => {
      const o = Math.floor(i / TAPS);
      expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(4e-7 * Math.abs(scale[o]!) * largest(o));
    });
    expect(Math.max(...weights.map(Math.abs))).toBeCloseTo(Math.PI / 2 / omega0, 5);
  });

  test('within three deviations clip what is beyond, and nothing else', () => {
    const outlier = values.slice();
    outlier[7] = -2;
    const { weights, alpha, clipped } = toWaves({ values: outlier, scale }, 'three-deviations', omega0);
    const found = scaled({ values: ofWaves(weights, omega0), scale: alpha });
    expect(clipped).toBe(1);
    expect(alpha[0]).toBeCloseTo(3 * Math.sqrt(outlier.slice(0, TAPS).reduce((sum, v) => sum + v * v, 0) / TAPS), 5);
    expect(found[7]).toBeCloseTo(-alpha[0]!, 5);
    const expected = scaled({ values: outlier, scale });
    found.forEach((value, i) => void (i === 7 || expect(value).toBeCloseTo(expected[i]!, 5)));
  });

  test('are zeros with a scale that can learn where they are zeros', () => {
    const zeros = { values: new Float32Array(4), scale: Float32Array.of(1, 1) };
    for (const range of ['max', 'three-deviations'] as const) {
      expect(toWaves(zeros, range, omega0)).toEqual({
        weights: new Float32Array(4),
        alpha: Float32Array.of(1, 1),
        clipped: 0,
      });
    }
  });
});
