import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../src/backends/choose-backend.js';
import { createNetwork } from '../src/models/index.js';
import { Sgd } from '../src/optimizer/sgd.js';
import { seededRandom } from '../src/random.js';
import { trainStep } from '../src/step.js';
import type { Network, Tensor1D, Tensor4D, TrainingBackend } from '../src/types.js';

const CLASSES = 4;
const IMAGES = 8;

describe('a training step on wasm', () => {
  let backend: TrainingBackend;
  let images: Tensor4D;
  let labels: Tensor1D;
  beforeAll(async () => {
    backend = await chooseBackend({ force: 'wasm' });
    const { tf } = backend;
    const random = seededRandom(3);
    const pixels = Float32Array.from({ length: IMAGES * 28 * 28 }, () => 2 * random.next() - 1);
    images = tf.tensor4d(pixels, [IMAGES, 28, 28, 1]);
    labels = tf.tensor1d(
      Array.from({ length: IMAGES }, (_, i) => i % CLASSES),
      'int32',
    );
  });

  const make = (seed = 1): Network =>
    createNetwork('demo_1w1a', { backend, random: seededRandom(seed), classes: CLASSES, omega0: 20 });
  const momentum = { momentum: 0.9, weightDecay: 0, decayed: 'all' } as const;

  test.each(['1', '2'] as const)(
    'learns 8 images by heart in 100 steps of stage %s and keeps no tensor',
    async (stage) => {
      const { tf } = backend;
      const network = make();
      network.stage = stage;
      const optimizer = new Sgd(tf, network.parameters, momentum);
      const step = () => trainStep({ tf, network, optimizer, images, labels, learningRate: 0.02, tau: 1e-4 });
      let last = await step();
      const { numTensors } = tf.memory();
      for (let i = 1; i < 100; i++) last = await step();
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(last.crossEntropy).toBeLessThan(0.05);
      expect(last.correct).toBe(IMAGES);
      network.dispose();
      optimizer.dispose();
    },
  );

  test('reports the loss as cross entropy and tau times the regulariser', async () => {
    const { tf } = backend;
    const network = make();
    const optimizer = new Sgd(tf, network.parameters, momentum);
    const result = await trainStep({ tf, network, optimizer, images, labels, learningRate: 0, tau: 0.5 });
    expect(result.regulariser).toBeGreaterThan(0);
    expect(result.loss).toBeCloseTo(result.crossEntropy + 0.5 * result.regulariser, 5);
    network.dispose();
    optimizer.dispose();
  });

  test('gives back all memory when network and optimizer are disposed of', () => {
    const { tf } = backend;
    const before = tf.memory().numTensors;
    const network = make();
    const optimizer = new Sgd(tf, network.parameters, momentum);
    network.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('learns from a teacher alone, whose tensors stay as they are', async () => {
    const { tf } = backend;
    const [network, teacher] = [make(1), make(2)];
    const optimizer = new Sgd(tf, network.parameters, momentum);
    const distillation = { teacher, temperature: 2, weight: 1 };
    const before = await teacher.buffers[0]!.get().data();
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const options = { tf, network, optimizer, images, labels, learningRate: 0.02, tau: 0, distillation };
      losses.push((await trainStep(options)).loss);
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4);
    expect(await teacher.buffers[0]!.get().data()).toEqual(before);
    network.dispose();
    teacher.dispose();
    optimizer.dispose();
  });
});
