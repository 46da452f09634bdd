import { describe, expect, test } from 'vitest';
import { conv2DInfo } from '../../src/backends/convolution-gradients.js';
import { useCpu } from '../../src/backends/cpu.js';
import { makeErrorsFatal, type WebgpuKernels } from '../../src/backends/webgpu.js';
import {
  chooseFilterGradient,
  partsOf,
  productOfColumns,
  registerFilterGradient,
  splitKGradient,
} from '../../src/backends/webgpu-filter-gradient.js';
import type { Tensor2D, Tensor4D } from '../../src/types.js';
import { CONVOLUTION_CASES, largestDifference, nameOf, runConvolution, wave } from './convolution-cases.js';
import { describeWithBackend } from './describe-with-backend.js';

/** SwiftShader's error; Mesa's llvmpipe is 100 times nearer. */
const TOLERANCE = 1e-3;

describe('errors of a WebGPU device', () => {
  function fakeKernels(lost: Promise<{ reason: string; message: string }> = new Promise(() => {})): WebgpuKernels {
    return { device: { onuncapturederror: null, lost }, read: async () => new Float32Array([1]) };
  }

  test('do not disturb reads while there are none', async () => {
    const kernels = fakeKernels();
    makeErrorsFatal(kernels);
    expect(await kernels.read({})).toEqual(new Float32Array([1]));
  });

  test('are thrown by the next read and all after it', async () => {
    const kernels = fakeKernels();
    makeErrorsFatal(kernels);
    kernels.device.onuncapturederror!({ error: { message: 'Binding size (300) is larger than the maximum (128).\n' } });
    kernels.device.onuncapturederror!({ error: { message: 'a later one' } });
    for (let i = 0; i < 2; i++) {
      await expect(kernels.read({})).rejects.toMatchObject({
        code: 'E_BACKEND',
        message: expect.stringContaining('Binding size (300) is larger than the maximum (128).'),
      });
    }
  });

  test('stay fatal when the back end is chosen again', async () => {
    const kernels = fakeKernels();
    makeErrorsFatal(kernels);
    kernels.device.onuncapturederror!({ error: { message: 'out of memory' } });
    makeErrorsFatal(kernels);
    await expect(kernels.read({})).rejects.toThrow('out of memory');
  });

  test('count a lost device, unless it was let go on purpose', async () => {
    const lost = fakeKernels(Promise.resolve({ reason: 'unknown', message: 'driver reset' }));
    makeErrorsFatal(lost);
    await Promise.resolve();
    await expect(lost.read({})).rejects.toThrow('the device was lost: driver reset');
    const destroyed = fakeKernels(Promise.resolve({ reason: 'destroyed', message: 'destroyed' }));
    makeErrorsFatal(destroyed);
    await Promise.resolve();
    expect(await destroyed.read({})).toEqual(new Float32Array([1]));
  });
});

describe('the pixels of a split-K product', () => {
  test.each([
    { pixels: 131_072, tiles: 5, parts: 128 },
    { pixels: 8_192, tiles: 36, parts: 16 },
    { pixels: 131_072, tiles: 2304, parts: 1 },
    { pixels: 49, tiles: 1, parts: 1 },
    { pixels: 100_003, tiles: 1, parts: 1 },
  ])('are split into equal parts that keep a device busy: $pixels, $tiles tiles', ({ pixels, tiles, parts }) => {
    expect(partsOf(pixels, tiles)).toBe(parts);
  });
});

await describeWithBackend('webgpu', ({ tf }) => {
  test.each(CONVOLUTION_CASES.map((it) => ({ name: nameOf(it), it })))(
    'convolves as cpu does: $name',
    async ({ it }) => {
      await useCpu(tf);
      const expected = await runConvolution(tf, it);
      await tf.setBackend('webgpu');
      const actual = await runConvolution(tf, it);
      expect(largestDifference(actual.y, expected.y)).toBeLessThan(TOLERANCE);
      expect(largestDifference(actual.inputGradient, expected.inputGradient)).toBeLessThan(TOLERANCE);
      expect(largestDifference(actual.filterGradient, expected.filterGradient)).toBeLessThan(TOLERANCE);
    },
  );

  test.each(['sin', 'cos'] as const)(
    'takes the %s as precisely as binary32 can have it, where WGSL lets it be off by 2^-11',
    async (name) => {
      const nearPi = Array.from({ length: 40 }, (_, n) => (n - 20) * Math.PI).flatMap((x) => [x, x + 1e-4, x - 3e-6]);
      const grid = Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 150);
      const x = Float32Array.from([0, -0, 1e-30, ...nearPi, ...nearPi.map((it) => it / 2), ...grid]);
      const got = await tf[name](tf.tensor1d(x)).data();
      const expected = Float32Array.from(x, (it) => Math[name](it));
      const errors = got.map((it, i) => Math.abs(it - expected[i]!) / Math.max(Math.abs(expected[i]!), 1e-3));
      expect(Math.max(...errors)).toBeLessThan(1e-6);
    },
  );

  test.each(CONVOLUTION_CASES.map((it) => ({ name: nameOf(it), it })))(
    'has the filter gradient of cpu by a split-K product, too: $name',
    async ({ it }) => {
      await useCpu(tf);
      const expected = await runConvolution(tf, it);
      await tf.setBackend('webgpu');
      registerFilterGradient(tf, splitKGradient);
      const { filterGradient } = await runConvolution(tf, it);
      expect(largestDifference(filterGradient, expected.filterGradient)).toBeLessThan(TOLERANCE);
    },
  );

  test('has the same filter gradient from a batch that is taken in pieces', async () => {
    const x = tf.tensor4d(wave(5 * 6 * 6 * 3, 1.3), [5, 6, 6, 3]);
    const dy = tf.tensor4d(wave(5 * 6 * 6 * 4, 2.1), [5, 6, 6, 4]);
    const info = conv2DInfo(tf, x.shape, [3, 3, 3, 4], { strides: 1, pad: 1, dataFormat: 'NHWC' });
    const product = (_: typeof tf, columns: Tensor2D, of: Tensor2D): Tensor2D => tf.matMul(columns, of, true);
    const imageBytes = 4 * 36 * 27;
    const [whole, pieces] = [5, 2].map((images) =>
      productOfColumns(tf, x, dy, info, { product, columnBytes: images * imageBytes }),
    );
    const difference = largestDifference(await values(pieces!), await values(whole!));
    expect(difference).toBeLessThan(TOLERANCE);
    tf.dispose([x, dy, whole!, pieces!]);
  });

  test('keeps to the filter gradient that it has chosen', async () => {
    const choice = await chooseFilterGradient(tf, 1);
    expect(await chooseFilterGradient(tf)).toBe(choice);
  });

  // The last: the error is thrown by all reads after it.
  test('fails on a tensor that no buffer of the device can hold, where WebGPU would give zeros', async () => {
    const { device } = tf.backend() as unknown as { device: { limits: { maxStorageBufferBindingSize: number } } };
    const elements = device.limits.maxStorageBufferBindingSize / 4 + 1024;
    const tooLarge = tf.zeros([elements]);
    await expect(tf.add(tooLarge, 1).max().data()).rejects.toMatchObject({ code: 'E_BACKEND' });
  });
});

async function values(tensor: Tensor4D): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
}
