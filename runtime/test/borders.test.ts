import '@tensorflow/tfjs-backend-cpu';
import { type Graph, GraphBuilder, tensorValues } from '@signwave/format';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import { makePlan } from '../src/plan/make-plan.js';
import { randomBits, seededRandom } from './random-graph.js';

// TensorFlow.js convolves floats: +-1 inputs and +-1 weights, with zeros around the map. Its sums are integers, so ours must equal them.

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Either the scalar build, or the SIMD build with popcount or look-up tables. */
type Kernels = 'scalar' | 'xnor' | 'lut';

const CHANNELS = [1, 2, 3, 8, 31, 32, 33, 100];
const KERNELS = [1, 3, 5];
const STRIDES = [1, 2, 3];

describe.each(['scalar', 'xnor', 'lut'] as const)('%s kernels pad with zeros as TensorFlow.js does', (kernels) => {
  test.each(CHANNELS)('%i channels, kernels of 1, 3, 5, strides of 1, 2, 3', async (channels) => {
    for (const kernel of KERNELS) {
      for (const stride of STRIDES) {
        const random = seededRandom(channels * 100 + kernel * 10 + stride);
        await expectSameSums(kernels, { channels, kernel, stride, dilation: 1, height: 7, width: 5 }, random);
      }
    }
  });

  test('a dilation of 2', async () => {
    for (const channels of [3, 32]) {
      await expectSameSums(
        kernels,
        { channels, kernel: 3, stride: 1, dilation: 2, height: 6, width: 9 },
        seededRandom(channels),
      );
    }
  });

  test('maps smaller than the kernel, down to one pixel', async () => {
    for (const [height, width] of [
      [1, 1],
      [1, 4],
      [2, 1],
      [2, 2],
    ] as const) {
      for (const kernel of [3, 5]) {
        const shape = { channels: 33, kernel, stride: 1, dilation: 1, height, width };
        await expectSameSums(kernels, shape, seededRandom(height * 10 + width));
      }
    }
  });
});

interface Case {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly height: number;
  readonly width: number;
}

async function expectSameSums(kernels: Kernels, shape: Case, random: () => number): Promise<void> {
  const { channels, kernel, stride, dilation, height, width } = shape;
  const filters = 9;
  const pad = (dilation * (kernel - 1)) / 2;
  const weights = randomBits(random, [filters, kernel, kernel, channels]);
  const input = Float32Array.from({ length: height * width * channels }, () => random() - 0.5);
  const g = new GraphBuilder();
  g.conv(g.sign(g.input({ height, width, channels })), weights, { stride, dilation, pad });
  const ours = await run(g.build(), kernels, input);

  const theirs = tf.tidy(() => {
    const x = tf.tensor4d(
      input.map((value) => (value >= 0 ? 1 : -1)),
      [1, height, width, channels],
    );
    // (O, kh, kw, I) to (kh, kw, I, O)
    const w = tf.transpose(tf.tensor4d(tensorValues(weights), [filters, kernel, kernel, channels]), [1, 2, 3, 0]);
    const padded = tf.pad(x, [
      [0, 0],
      [pad, pad],
      [pad, pad],
      [0, 0],
    ]) as tf.Tensor4D;
    return tf.conv2d(padded, w as tf.Tensor4D, stride, 'valid', 'NHWC', dilation).dataSync();
  });
  expect(ours, JSON.stringify(shape)).toEqual(theirs);
}

async function run(graph: Graph, kernels: Kernels, input: Float32Array): Promise<Float32Array> {
  const engine = await createEngine(kernels === 'scalar' ? 'scalar' : 'simd');
  const options = kernels === 'scalar' ? {} : { binaryKernels: kernels };
  const executable = new Executable(makePlan(graph, engine.simd, options), engine);
  executable.setInput(input);
  executable.execute();
  return executable.output();
}
