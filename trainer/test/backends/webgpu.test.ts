import { describe, expect, test } from 'vitest';
import { useCpu } from '../../src/backends/cpu.js';
import { makeErrorsFatal, type WebgpuKernels } from '../../src/backends/webgpu.js';
import { CONVOLUTION_CASES, largestDifference, nameOf, runConvolution } from './convolution-cases.js';
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

  test('fails on a tensor that no buffer of the device can hold, where WebGPU would give zeros', async () => {
    const { device } = tf.backend() as unknown as { device: { limits: { maxStorageBufferBindingSize: number } } };
    const elements = device.limits.maxStorageBufferBindingSize / 4 + 1024;
    const tooLarge = tf.zeros([elements]);
    await expect(tf.add(tooLarge, 1).max().data()).rejects.toMatchObject({ code: 'E_BACKEND' });
  });
});
