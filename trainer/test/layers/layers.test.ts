import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { scaleChannels } from '../../src/layers/channel-scale.js';
import { convolve } from '../../src/layers/convolution.js';
import { hardtanh, hardtanhOfSum } from '../../src/layers/hardtanh.js';
import { avgPool, everyNth, maxPool, padChannels } from '../../src/layers/pools.js';
import { columnSums } from '../../src/layers/sums.js';
import { waveRegulariser } from '../../src/layers/wave-regulariser.js';
import type { Tensor, Tensor4D, Tf, Variable } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';

const wave = (length: number, phase = 0): number[] => Array.from({ length }, (_, i) => Math.sin(phase + 12.9898 * i));

describe.each(['wasm', 'cpu'] as const)('layers on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  /** The gradient of sum(f(x) * probe), where f gives another shape than that of x. */
  const gradientThrough = (
    f: (x: Tensor4D) => Tensor,
    x: readonly number[],
    shape: [number, number, number, number],
    probe: readonly number[],
    shapeOfProbe: [number, number, number, number],
  ): Promise<number[]> => {
    const total = (at: Tensor4D): Tensor => tf.sum(tf.mul(f(at), tf.tensor4d([...probe], shapeOfProbe)));
    return gradientOf(
      tf,
      total,
      x,
      shape,
      x.map((_, i) => (i === 0 ? 1 : 0)),
    );
  };

  test('hardtanh clips, and its gradient is 0 at exactly -1 and 1 as in PyTorch', async () => {
    const grid = [-2, -1, -0.99999994, -0.5, 0, 0.5, 0.99999994, 1, 2];
    const shape: [number, number, number, number] = [1, 1, 1, grid.length];
    expect(await valuesAt(tf, (x) => hardtanh(tf, x), grid, shape)).toEqual(
      grid.map((x) => Math.fround(Math.max(-1, Math.min(1, x)))),
    );
    const ones = grid.map(() => 1);
    expect(await gradientOf(tf, (x) => hardtanh(tf, x), grid, shape, ones)).toEqual([0, 0, 1, 1, 1, 1, 1, 0, 0]);
  });

  test('hardtanh of a sum is that of tf.add, and both terms have its gradient', async () => {
    const x = [-2, -1.5, -0.75, -0.25, 0, 0.25, 0.75, 1.25, 2];
    const shape: [number, number, number, number] = [1, 3, 3, 1];
    const z = tf.tensor4d(
      x.map(() => -0.25),
      shape,
    ); // -1 and 1 are met exactly
    const probe = x.map((_, i) => i + 1);
    const [asFirst, asSecond] = [
      (at: Tensor4D) => hardtanhOfSum(tf, at, z),
      (at: Tensor4D) => hardtanhOfSum(tf, z, at),
    ];
    expect(await valuesAt(tf, asFirst, x, shape)).toEqual([-1, -1, -1, -0.5, -0.25, 0, 0.5, 1, 1]);
    for (const f of [asFirst, asSecond]) {
      const found = await gradientOf(tf, f, x, shape, probe);
      expect(found.map((value) => value + 0)).toEqual([0, 0, 0, 4, 5, 6, 7, 0, 0]);
    }
    const twice = await gradientOf(
      tf,
      (at) => hardtanhOfSum(tf, at, at),
      [-0.7, -0.5, 0.2, 0.4],
      [1, 2, 2, 1],
      [1, 1, 1, 1],
    );
    expect(twice.map((value) => value + 0)).toEqual([0, 0, 2, 2]);
    z.dispose();
  });

  test.each([
    { size: 6, kernel: 3, stride: 1, pad: 1 },
    { size: 6, kernel: 3, stride: 2, pad: 1 },
    { size: 7, kernel: 3, stride: 2, pad: 1 },
    { size: 6, kernel: 1, stride: 2, pad: 0 },
    { size: 9, kernel: 3, stride: 2, pad: 3 },
    { size: 9, kernel: 7, stride: 2, pad: 3 },
  ])('a convolution sums what PyTorch sums: %o', async ({ size, kernel, stride, pad }) => {
    const [images, inChannels, outChannels] = [2, 3, 4];
    const outSize = Math.floor((size + 2 * pad - kernel) / stride) + 1;
    const x = wave(images * size * size * inChannels);
    const w = wave(outChannels * inChannels * kernel * kernel, 1);
    const y = tf.tidy(() => {
      const filters = tf.tensor4d(w, [outChannels, inChannels, kernel, kernel]);
      return convolve(tf, tf.tensor4d(x, [images, size, size, inChannels]), filters, stride, pad);
    });
    expect(y.shape).toEqual([images, outSize, outSize, outChannels]);
    const found = await y.data();
    y.dispose();
    let at = 0;
    for (let n = 0; n < images; n++) {
      for (let row = 0; row < outSize; row++) {
        for (let column = 0; column < outSize; column++) {
          for (let o = 0; o < outChannels; o++) {
            let sum = 0;
            for (let u = 0; u < kernel; u++) {
              for (let v = 0; v < kernel; v++) {
                const [h, k] = [row * stride + u - pad, column * stride + v - pad];
                if (h < 0 || k < 0 || h >= size || k >= size) continue;
                for (let c = 0; c < inChannels; c++) {
                  const image = x[((n * size + h) * size + k) * inChannels + c]!;
                  sum += image * w[((o * inChannels + c) * kernel + u) * kernel + v]!;
                }
              }
            }
            expect(found[at++]).toBeCloseTo(sum, 4);
          }
        }
      }
    }
  });

  test('a scale per channel has the gradient of the product, for the map and for the scale', async () => {
    const x = wave(2 * 3 * 3 * 2);
    const probe = wave(x.length, 2);
    const scales = [0.7, -1.3];
    const dx = await gradientOf(
      tf,
      (input) => scaleChannels(tf, input, tf.tensor3d(scales, [2, 1, 1]) as unknown as Variable),
      x,
      [2, 3, 3, 2],
      probe,
    );
    dx.forEach((value, i) => {
      expect(value).toBeCloseTo(probe[i]! * scales[i % 2]!, 5);
    });
    const ofScale = tf.tidy(() => {
      const input = tf.tensor4d(x, [2, 3, 3, 2]);
      const f = (scale: Tensor): Tensor =>
        tf.sum(tf.mul(scaleChannels(tf, input, scale as Variable), tf.tensor4d(probe, [2, 3, 3, 2])));
      return tf.grad(f)(tf.tensor3d(scales, [2, 1, 1]));
    });
    expect(ofScale.shape).toEqual([2, 1, 1]);
    const found = await ofScale.data();
    ofScale.dispose();
    const sum = (channel: number): number =>
      x.reduce((t, value, i) => t + (i % 2 === channel ? value * probe[i]! : 0), 0);
    expect(found[0]).toBeCloseTo(sum(0), 4);
    expect(found[1]).toBeCloseTo(sum(1), 4);
  });

  test('column sums of 131,072 equal rows are right to 1e-5, where one running sum is off by 1e-3', async () => {
    const sums = tf.tidy(() => columnSums(tf, tf.fill([128, 32, 32, 1], 0.1)));
    const [sum] = await sums.data();
    sums.dispose();
    expect(Math.abs(sum! / (131_072 * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
  });

  test('max pooling with pads never picks a pad, however low the pixels are', async () => {
    const x = [-9, -8, -7, -6];
    expect(await valuesAt(tf, (input) => maxPool(tf, input, 3, 2, [1, 1]), x, [1, 2, 2, 1])).toEqual([-6]);
    const ramp = Array.from({ length: 16 }, (_, i) => i - 20);
    expect(await valuesAt(tf, (input) => maxPool(tf, input, 3, 2, [1, 1]), ramp, [1, 4, 4, 1])).toEqual([
      -15, -13, -7, -5,
    ]);
  });

  test.each([
    { window: 2, stride: 2, sides: [0, 0] },
    { window: 3, stride: 2, sides: [1, 1] },
  ] as const)(
    'max pooling of $window x $window gives its gradient to the largest pixel, also among negative ones',
    async ({ window, stride, sides }) => {
      const x = wave(2 * 6 * 6 * 3).map((value) => value - 0.6);
      const pool = (input: Tensor4D): Tensor => maxPool(tf, input, window, stride, [...sides]);
      const probe = wave(2 * 3 * 3 * 3, 2);
      const gradient = await gradientThrough(pool, x, [2, 6, 6, 3], probe, [2, 3, 3, 3]);
      const expected = new Array<number>(x.length).fill(0);
      probe.forEach((value, i) => {
        const [channel, column, row, n] = [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9) % 3, Math.floor(i / 27)];
        const inside = (output: number): number[] =>
          Array.from({ length: window }, (_, k) => output * stride - sides[0] + k).filter((k) => k >= 0 && k < 6);
        const places = inside(row).flatMap((r) => inside(column).map((c) => ((n * 6 + r) * 6 + c) * 3 + channel));
        expected[places.reduce((best, place) => (x[place]! > x[best]! ? place : best))]! += value;
      });
      gradient.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    },
  );

  test('every second pixel gets the gradient of its copy', async () => {
    const x = wave(4 * 4).map((value) => value - 2);
    const f = (input: Tensor4D): Tensor => everyNth(tf, input, 2);
    expect(await valuesAt(tf, f, x, [1, 4, 4, 1])).toEqual([x[0], x[2], x[8], x[10]].map((it) => Math.fround(it!)));
    const gradient = await gradientThrough(f, x, [1, 4, 4, 1], [1, 2, 3, 4], [1, 2, 2, 1]);
    expect(gradient).toEqual([1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0]);
  });

  test('average pooling leaves an incomplete window out, as PyTorch does', async () => {
    const x = Array.from({ length: 9 }, (_, i) => i);
    expect(await valuesAt(tf, (input) => avgPool(tf, input, 2), x, [1, 3, 3, 1])).toEqual([2]);
  });

  test('padded channels are zeros on both sides', async () => {
    expect(await valuesAt(tf, (input) => padChannels(tf, input, 1, 2), [5, 6], [1, 2, 1, 1])).toEqual([
      0, 5, 0, 0, 0, 6, 0, 0,
    ]);
  });

  test('the regulariser is the mean of sin(omega0 w)^2, with its gradient', async () => {
    const w = [0.31, -0.72, 0.05, 0.21, -0.27, 0.64];
    const f = (x: Tensor4D): Tensor => waveRegulariser(tf, x as unknown as Variable, 20);
    const mean = (x: readonly number[]): number =>
      x.reduce((sum, value) => sum + Math.sin(20 * value) ** 2, 0) / x.length;
    expect((await valuesAt(tf, f, w, [2, 3, 1, 1]))[0]).toBeCloseTo(mean(w), 5);
    const gradient = tf.tidy(() => tf.grad((x: Tensor) => f(x as Tensor4D))(tf.tensor4d(w, [2, 3, 1, 1])));
    const expected = centralDifferences((x) => [mean(x)], w, [1]);
    (await gradient.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3);
    });
    gradient.dispose();
  });
});
