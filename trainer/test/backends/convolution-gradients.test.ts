import type { KernelConfig } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { conv2DInfo } from '../../src/backends/convolution-gradients.js';
import { useCpu } from '../../src/backends/cpu.js';
import { INSTALLED } from '../../src/backends/modules.js';
import type { Tf } from '../../src/types.js';
import {
  CONVOLUTION_CASES,
  type ConvolutionResult,
  largestDifference,
  nameOf,
  runConvolution,
} from './convolution-cases.js';

/** Sums of up to a thousand products, in another order, of values up to 1. */
const TOLERANCE = 2e-5;

let tf: Tf;
let stock: KernelConfig;
/** What tfjs's own kernels for cpu compute, before any of ours is registered. */
const expected: ConvolutionResult[] = [];

beforeAll(async () => {
  tf = await INSTALLED.tfjs();
  await useCpu(tf);
  stock = tf.getKernel('Conv2DBackpropFilter', 'cpu');
  for (const it of CONVOLUTION_CASES) expected.push(await runConvolution(tf, it));
});

describe.each(['wasm', 'cpu'] as const)('convolutions on %s', (name) => {
  beforeAll(async () => {
    await chooseBackend({ force: name });
  });

  test('use a filter gradient of ours', () => {
    expect(tf.getBackend()).toBe(name);
    expect(tf.getKernel('Conv2DBackpropFilter', name).kernelFunc).not.toBe(stock.kernelFunc);
  });

  test.each(CONVOLUTION_CASES.map((it, i) => ({ name: nameOf(it), it, i })))(
    'equal the stock kernels of cpu: $name',
    async ({ it, i }) => {
      const actual = await runConvolution(tf, it);
      expect(largestDifference(actual.y, expected[i]!.y)).toBeLessThan(TOLERANCE);
      expect(largestDifference(actual.inputGradient, expected[i]!.inputGradient)).toBeLessThan(TOLERANCE);
      expect(largestDifference(actual.filterGradient, expected[i]!.filterGradient)).toBeLessThan(TOLERANCE);
    },
  );

  test('leave no tensors behind', async () => {
    const before = tf.memory().numTensors;
    await runConvolution(tf, CONVOLUTION_CASES[1]!);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a layout other than NHWC is refused', () => {
  expect(() => conv2DInfo(tf, [1, 2, 4, 4], [3, 3, 2, 1], { strides: 1, pad: 1, dataFormat: 'NCHW' })).toThrow(
    'NHWC only',
  );
});
