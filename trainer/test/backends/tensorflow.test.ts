import { expect, test } from 'vitest';
import { useCpu } from '../../src/backends/cpu.js';
import { composedBatchNorm } from '../../src/layers/batch-norm.js';
import { compareWithCpu } from '../../src/setup/self-test.js';
import { TENSORFLOW_VERSION } from '../../src/setup/wheel.js';
import type { Tensor, Tensor1D, Tensor4D } from '../../src/types.js';
import { CONVOLUTION_CASES, largestDifference, nameOf, runConvolution, wave } from './convolution-cases.js';
import { describeWithBackend } from './describe-with-backend.js';

const TOLERANCE = 2e-5;
/**
 * Relative to the largest value. Both forms take x - mean of values near 7 in float32 (6e-8 of 7, against a deviation of 0.7: 6e-7), and their
 * sums run over 288 rows in other orders.
 */
const NORMALISED = 1e-5;

await describeWithBackend('tensorflow', (backend) => {
  const { tf } = backend;

  test('is the version that setup installs, and shares its core with the union package', () => {
    expect(backend.device).toMatch(`TensorFlow ${TENSORFLOW_VERSION}, `);
    expect(tf.getBackend()).toBe('tensorflow');
  });

  test.each(CONVOLUTION_CASES.map((it) => ({ name: nameOf(it), it })))(
    'convolves as cpu does: $name',
    async ({ it }) => {
      await useCpu(tf);
      const expected = await runConvolution(tf, it);
      await tf.setBackend('tensorflow');
      const actual = await runConvolution(tf, it);
      expect(largestDifference(actual.y, expected.y)).toBeLessThan(TOLERANCE);
      expect(largestDifference(actual.inputGradient, expected.inputGradient)).toBeLessThan(TOLERANCE);
      expect(largestDifference(actual.filterGradient, expected.filterGradient)).toBeLessThan(TOLERANCE);
    },
  );

  test('passes the self-test of setup', async () => {
    expect(await compareWithCpu(backend)).toBeLessThan(1e-5);
  });

  test('has the step function of tfjs, to the smallest normal number, with any value below 0', async () => {
    const x = tf.tensor1d([-3, -1.2e-38, -0, 0, 1.2e-38, 1e-8, 0.5, 1e30]);
    expect(Array.from(await tf.step(x).data(), (value) => value + 0)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(await tf.step(x, 0.5).data()).toEqual(new Float32Array([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]));
    x.dispose();
  });

  test('normalises with the biased variance and returns the unbiased one', async () => {
    const x = tf.tensor4d([1, 2, 3, 6], [2, 1, 2, 1]);
    const { y, mean, variance } = backend.fusedBatchNorm!(x, tf.tensor1d([2]), tf.tensor1d([1]), 0);
    expect(await mean.data()).toEqual(new Float32Array([3]));
    expect((await variance.data())[0]).toBeCloseTo(14 / 3, 5);
    expect((await y.data())[3]).toBeCloseTo(1 + (2 * 3) / Math.sqrt(14 / 4), 5);
    tf.dispose([x, y, mean, variance]);
  });

  test('normalises as the composed form does on cpu, with its three gradients and the statistics', async () => {
    await useCpu(tf);
    const expected = await normalised(composedBatchNorm(tf));
    await tf.setBackend('tensorflow');
    const found = await normalised(backend.fusedBatchNorm!);
    for (const [name, values] of Object.entries(expected)) {
      const largest = values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
      expect(largestDifference(found[name]!, values) / largest, name).toBeLessThan(NORMALISED);
    }
  });

  /** Of 8 x 6 x 6 rows whose mean is ten times their deviation, which a variance by E[x^2] - E[x]^2 would feel. */
  async function normalised(normalise: NonNullable<typeof backend.fusedBatchNorm>) {
    const results = tf.tidy(() => {
      const x = tf.tensor4d(wave(8 * 6 * 6 * 5, 1.3), [8, 6, 6, 5]).add(7) as Tensor4D;
      const [scale, offset] = [tf.tensor1d([1, -2, 0.5, 1e-3, 3]), tf.tensor1d([0, 1, -1, 2, 0.5])];
      const dy = tf.tensor4d(wave(8 * 6 * 6 * 5, 0.7), [8, 6, 6, 5]);
      const { y, mean, variance } = normalise(x, scale, offset, 1e-5);
      const [dx, dScale, dOffset] = tf.grads((a, b, c) =>
        tf.sum(tf.mul(normalise(a as Tensor4D, b as Tensor1D, c as Tensor1D, 1e-5).y, dy)),
      )([x, scale, offset]);
      return { y, mean, variance, dx: dx!, dScale: dScale!, dOffset: dOffset! } as Record<string, Tensor>;
    });
    const values: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(results)) values[name] = (await tensor.data()) as Float32Array;
    tf.dispose(results);
    return values;
  }

  test('casts and reshapes share data where nothing changes, and make new values where something does', async () => {
    const x = tf.tensor2d([0.5, 1.5, -2.5, 3.5], [2, 2]);
    const before = tf.memory();
    const [cast, shaped] = [tf.cast(x, 'float32'), tf.reshape(x, [2, 2])];
    expect([cast.dataId, shaped.dataId]).toEqual([x.dataId, x.dataId]);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    const [integers, row] = [tf.cast(x, 'int32'), tf.reshape(x, [1, -1])];
    x.dispose();
    expect(Array.from(await integers.data())).toEqual([0, 1, -2, 3]);
    expect(row.shape).toEqual([1, 4]);
    expect(Array.from(await cast.data())).toEqual([0.5, 1.5, -2.5, 3.5]);
    tf.dispose([cast, shaped, integers, row]);
    expect(tf.memory().numTensors).toBe(before.numTensors - 1);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers - 1);
  });

  test('leaves no tensors behind in batch norm, with its gradient and without', async () => {
    const [x, scale, offset] = [tf.tensor4d(wave(96, 1), [2, 4, 4, 3]), tf.tensor1d([1, 2, 3]), tf.tensor1d([0, 1, 2])];
    const layer = (input: Tensor): Tensor4D =>
      tf.tidy(() => backend.fusedBatchNorm!(input as Tensor4D, scale, offset, 1e-5).y);
    const before = tf.memory().numTensors;
    tf.dispose(layer(x));
    tf.dispose(tf.grad((input) => tf.sum(tf.square(layer(input))))(x));
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, scale, offset] as Tensor1D[]);
  });
});
