import { describe, expect, test } from 'vitest';
import { nextUp, type SumToBit, sumIsPlus, sumThreshold } from '../src/kernels/thresholds.js';
import { pick, seededRandom } from './random-graph.js';

const TAPS = 288;

function bitsOf(channel: SumToBit): boolean[] {
  const { threshold, flip } = sumThreshold(channel, TAPS);
  return Array.from({ length: 2 * TAPS + 1 }, (_, i) => i - TAPS >= threshold !== flip);
}

function expected(channel: SumToBit): boolean[] {
  return Array.from({ length: 2 * TAPS + 1 }, (_, i) => sumIsPlus(channel, i - TAPS));
}

describe('an integer threshold gives the bit of the float expression for every sum', () => {
  const base = { least: Number.NEGATIVE_INFINITY, lo: -1, hi: 1, threshold: 0, zeroRule: 'plus' } as const;
  const cases: Record<string, SumToBit> = {
    'a positive scale': { ...base, scale: Math.fround(0.013), bias: Math.fround(-0.4) },
    'a negative scale (gamma < 0 or alpha < 0)': { ...base, scale: Math.fround(-0.013), bias: Math.fround(0.4) },
    'a scale of zero, bias above': { ...base, scale: 0, bias: Math.fround(0.1) },
    'a scale of zero, bias below': { ...base, scale: 0, bias: Math.fround(-0.1) },
    'a scale and bias of zero: every sum is a tie': { ...base, scale: 0, bias: 0 },
    'the same where a tie gives -1': { ...base, scale: 0, bias: 0, zeroRule: 'minus' },
    'a tiny scale (1e-8)': { ...base, scale: Math.fround(1e-8), bias: Math.fround(-1e-7) },
    'a tiny negative scale': { ...base, scale: Math.fround(-1e-8), bias: Math.fround(1e-7) },
    'a tiny scale lost beside a large bias': { ...base, scale: Math.fround(1e-8), bias: 1 },
    'a scale that gives subnormals': { ...base, scale: Math.fround(1e-44), bias: 0 },
    'no affine': base,
    'no affine, a tie gives -1': { ...base, zeroRule: 'minus' },
    'a threshold above the clip': { ...base, scale: 1, bias: 0, threshold: 2 },
    'a threshold below the clip': { ...base, scale: 1, bias: 0, threshold: -2 },
    'a threshold at the clip, where the tie decides': { ...base, scale: 1, bias: 0, threshold: 1 },
    'a threshold at the clip, where the tie gives -1': { ...base, scale: 1, bias: 0, threshold: 1, zeroRule: 'minus' },
    'a scale with which sums overflow': {
      ...base,
      lo: -1 / 0,
      hi: 1 / 0,
      scale: Math.fround(3e38),
      bias: Math.fround(-3e38),
    },
    'a negative scale with which they overflow': {
      ...base,
      scale: Math.fround(-3e38),
      bias: Math.fround(3e38),
      threshold: 1,
    },
    'a threshold above which there is only infinity': {
      ...base,
      lo: -1 / 0,
      hi: 1 / 0,
      scale: Math.fround(1e38),
      bias: 0,
      threshold: (2 - 2 ** -23) * 2 ** 127,
      zeroRule: 'minus',
    },
    'sums from 0 on, before a positive scale': {
      ...base,
      least: 0,
      scale: Math.fround(0.013),
      bias: Math.fround(-0.4),
    },
    'sums from -7 on, before a negative scale': {
      ...base,
      least: -7,
      scale: Math.fround(-0.1),
      bias: Math.fround(-0.4),
    },
    'sums that all become one': { ...base, least: TAPS, scale: 1, bias: 0 },
    'a relu': { ...base, lo: 0, hi: Number.POSITIVE_INFINITY, scale: 1, bias: 0 },
  };
  test.each(Object.entries(cases))('%s', (_, channel) => {
    expect(bitsOf(channel)).toEqual(expected(channel));
  });

  test('2,000 random channels (seed 7)', () => {
    const random = seededRandom(7);
    for (let n = 0; n < 2000; n++) {
      const channel: SumToBit = {
        scale: Math.fround((random() - 0.5) * 10 ** pick(random, [-9, -3, -2, 0])),
        bias: Math.fround((random() - 0.5) * 10 ** pick(random, [-8, -2, 0, 1])),
        least: pick(random, [Number.NEGATIVE_INFINITY, 0, -20]),
        lo: -1,
        hi: 1,
        threshold: pick(random, [0, 0, Math.fround(random() - 0.5)]),
        zeroRule: pick(random, ['plus', 'minus'] as const),
      };
      expect(bitsOf(channel), JSON.stringify(channel)).toEqual(expected(channel));
    }
  });
});

test('a closed form would be wrong now and then, which is why the expression is bisected', () => {
  const random = seededRandom(3);
  let wrong = 0;
  for (let n = 0; n < 20_000; n++) {
    // In real numbers, a sum equals the threshold exactly, so that only rounding decides.
    const scale = Math.fround(0.001 + random() * 0.1);
    const bias = Math.fround(-scale * Math.floor(random() * TAPS));
    const least = Number.NEGATIVE_INFINITY;
    const exact = sumThreshold({ scale, bias, least, lo: -1, hi: 1, threshold: 0, zeroRule: 'plus' }, TAPS);
    if (Math.ceil(-bias / scale) !== exact.threshold) wrong++;
  }
  expect(wrong).toBeGreaterThan(0);
});

test('nextUp gives the float32 right above', () => {
  expect(nextUp(0)).toBe(2 ** -149);
  expect(nextUp(-0)).toBe(2 ** -149);
  expect(nextUp(1)).toBe(1 + 2 ** -23);
  expect(nextUp(-1)).toBe(-1 + 2 ** -24);
  expect(nextUp(-(2 ** -149))).toBe(-0);
});
