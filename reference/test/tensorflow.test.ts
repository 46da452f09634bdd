import type { PoolOptions } from '@signwave/format';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../test/seeded-random.js';
import { bits, randomFloats, randomSigns, runOn, tensor } from './graphs.js';

beforeAll(async () => {
  tf.env().set('IS_TEST', true); // prints no advertisement of other back ends
  await tf.setBackend('cpu');
});

/** TensorFlow filters are (kh, kw, I, O), ours (O, kh, kw, I). */
function toHwio(weights: Float32Array, filters: number, kernel: number, channels: number): tf.Tensor4D {
  return tf.transpose(tf.tensor4d(weights, [filters, kernel, kernel, channels]), [1, 2, 3, 0]);
}

/** Convolution by TensorFlow.js with pads of zeros, for one group. */
function tfConv(
  input: Float32Array,
  [height, width, channels]: [number, number, number],
  weights: Float32Array,
  [filters, kernel]: [number, number],
  { stride, dilation, pad }: { stride: number; dilation: number; pad: number },
): number[] {
  return tf.tidy(() => {
    const x = tf.pad(tf.tensor3d(input, [height, width, channels]), [
      [pad, pad],
      [pad, pad],
      [0, 0],
    ]);
    const w = toHwio(weights, filters, kernel, channels);
    return Array.from(tf.conv2d(x, w, stride, 'valid', 'NHWC', dilation).dataSync());
  });
}

const CASES = [1, 2, 3, 16, 31, 32, 33].flatMap((channels) =>
  [
    { kernel: 1, stride: 1, dilation: 1, pad: 0 },
    { kernel: 3, stride: 1, dilation: 1, pad: 1 },
    { kernel: 3, stride: 2, dilation: 1, pad: 1 },
    { kernel: 3, stride: 1, dilation: 2, pad: 2 },
    { kernel: 5, stride: 3, dilation: 1, pad: 2 },
  ].map((geometry) => ({ channels, ...geometry })),
);

describe('conv agrees with TensorFlow.js', () => {
  const filters = 7;
  const [height, width] = [7, 6];

  test.each(CASES)(
    'floats: $channels channels, kernel $kernel, stride $stride, dilation $dilation, pads $pad',
    (at) => {
      const next = seededRandom(at.channels * 1000 + at.kernel * 100 + at.stride * 10 + at.dilation);
      const input = randomFloats(height * width * at.channels, next);
      const weights = randomFloats(filters * at.kernel ** 2 * at.channels, next);
      const expected = tfConv(input, [height, width, at.channels], weights, [filters, at.kernel], at);
      const got = runOn({ height, width, channels: at.channels }, input, (g, x) =>
        g.conv(x, tensor([filters, at.kernel, at.kernel, at.channels], weights), at),
      );
      expect(got.length).toBe(expected.length);
      const worst = got.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i]!)), 0);
      expect(worst).toBeLessThan(1e-4);
    },
  );

  test.each(CASES)(
    'bits, exactly: $channels channels, kernel $kernel, stride $stride, dilation $dilation, pads $pad',
    (at) => {
      const next = seededRandom(at.channels * 1000 + at.kernel * 100 + at.stride * 10 + at.dilation);
      const input = randomSigns(height * width * at.channels, next);
      const weights = randomSigns(filters * at.kernel ** 2 * at.channels, next);
      const expected = tfConv(input, [height, width, at.channels], weights, [filters, at.kernel], at);
      const got = runOn({ height, width, channels: at.channels }, input, (g, x) =>
        g.conv(g.sign(x), bits([filters, at.kernel, at.kernel, at.channels], weights), at),
      );
      expect(got).toEqual(expected);
    },
  );
});

describe('pools agree with TensorFlow.js', () => {
  const [height, width] = [7, 8];
  const cases = [1, 2, 3, 16, 33].flatMap((channels) =>
    [
      { window: 2, stride: 2, pad: 0 },
      { window: 3, stride: 2, pad: 1 },
      { window: 3, stride: 1, pad: 1 },
    ].map((geometry) => ({ channels, ...geometry })),
  );
  const inputOf = (channels: number): Float32Array => randomFloats(height * width * channels, seededRandom(channels));

  test.each(cases)('maxPool, exactly: $channels channels, window $window, stride $stride, pads $pad', (at) => {
    const { channels, window, stride, pad } = at;
    const input = inputOf(channels);
    const expected = tf.tidy(() =>
      tf.maxPool(tf.tensor3d(input, [height, width, channels]), window, stride, pad).dataSync(),
    );
    const got = runOn({ height, width, channels }, input, (g, x) => g.maxPool(x, window, { stride, pad }));
    expect(got).toEqual(Array.from(expected));
  });

  test.each(cases)('avgPool: $channels channels, window $window, stride $stride, pads $pad, not counted', (at) => {
    const { channels, window, stride, pad } = at;
    const input = inputOf(channels);
    const expected = tf.tidy(() =>
      tf.avgPool(tf.tensor3d(input, [height, width, channels]), window, stride, pad).dataSync(),
    );
    const options: PoolOptions = { stride, pad, countPads: false };
    const got = runOn({ height, width, channels }, input, (g, x) => g.avgPool(x, window, options));
    expect(got.length).toBe(expected.length);
    const worst = got.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i]!)), 0);
    expect(worst).toBeLessThan(1e-6);
  });
});
