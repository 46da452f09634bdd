import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { defineNetwork } from '../../src/models/define-network.js';
import { ARCHITECTURES, type ArchitectureName, createNetwork } from '../../src/models/index.js';
import type { NetworkOptions } from '../../src/models/network-options.js';
import { quicknet } from '../../src/models/quicknet.js';
import { createOptimizer } from '../../src/optimizer/index.js';
import { seededRandom } from '../../src/random.js';
import { trainStep } from '../../src/step.js';
import type { Tensor1D, Tensor4D, TrainingBackend } from '../../src/types.js';
import { describeWithBackend } from '../backends/describe-with-backend.js';

/** Numbers of larq's networks for 1000 classes, as its documentation counts them, and the channels that are blurred in all transitions. */
const PUBLISHED: readonly [ArchitectureName, numbers: number, blurred: number][] = [
  ['quicknet_small_1w1a', 12_655_688, 32 + 64 + 256],
  ['quicknet_1w1a', 13_234_088, 64 + 128 + 256],
  ['quicknet_large_1w1a', 23_342_248, 64 + 128 + 256],
];

const ALL = process.env.SIGNWAVE_FULL === '1';
if (!ALL) console.warn('numbers of QuickNet in larq’s three sizes: SIGNWAVE_FULL=1 counts them');

describe('QuickNet', () => {
  let backend: TrainingBackend;
  beforeAll(async () => {
    backend = await chooseBackend({ force: 'wasm' });
  });
  const optionsOf = (more: Partial<NetworkOptions>): NetworkOptions => ({
    backend,
    random: seededRandom(1),
    classes: 10,
    omega0: 20,
    method: 'ste-sign',
    ...more,
  });
  /** One binary layer in each section, and few channels. */
  const small = (options: Partial<NetworkOptions> = {}) =>
    defineNetwork(
      'small',
      { family: 'quicknet', precision: '1w1a' },
      optionsOf(options),
      quicknet([1, 1, 1, 2], [16, 24, 32, 32])('1w1a'),
    );

  test.skipIf(!ALL).each(PUBLISHED)('%s has as many numbers as larq’s', (name, numbers, blurred) => {
    const network = createNetwork(name, optionsOf({ classes: 1000 }));
    const count = (shapes: readonly (readonly number[])[]): number =>
      shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const parameters = count(network.parameters.map(({ variable }) => variable.shape));
    // larq counts two numbers for each channel of a batch norm, and the fixed filters of the blur.
    const plainNorm = network.buffers.filter((it) => /^stem\.bn2\.running/.test(it.name)).map((it) => it.get().shape);
    expect(parameters + count(plainNorm) + 9 * blurred).toBe(numbers);
    network.dispose();
  });

  test('makes a map of each section’s size, of squares of any size', () => {
    const { tf } = backend;
    const network = small();
    tf.tidy(() => {
      for (const [side, maps] of [
        [32, [8, 4, 2, 2]],
        [50, [13, 6, 3, 3]],
      ] as const) {
        expect(network.forward(tf.ones([1, side, side, 3]) as Tensor4D, false).shape).toEqual([1, 10]);
        expect([1, 2, 3, 4].map((i) => network.features.get(`stage${i}`)!.shape[1])).toEqual(maps);
      }
    });
    network.dispose();
  });

  test('pads binary layers with +1: a map of +1 alone has the same sums everywhere', async () => {
    const { tf } = backend;
    const network = small();
    const { weight } = network.binaryLayers[0]!;
    weight.assign(tf.onesLike(weight));
    // The stem makes 0 of a black image but for its batch norms' shifts, which are 0 at first; the sign of 0 is +1.
    const map = tf.tidy(() => {
      network.forward(tf.zeros([1, 32, 32, 3]) as Tensor4D, false);
      return network.features.get('layer1.0.bn')!.clone();
    });
    const values = new Set((await map.data()) as Float32Array);
    expect(values.size).toBe(1);
    map.dispose();
    network.dispose();
  });

  test('learns a batch by larq’s optimizers, with latent weights that stay within the clip', async () => {
    const { tf } = backend;
    const network = small({ weightClip: 0.05 });
    const optimizer = createOptimizer(tf, network.parameters, {
      optimizer: 'sgd',
      learningRate: 0.1,
      latent: { optimizer: 'adam', learningRate: 0.01 },
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
      decay: 'all',
    });
    network.afterStep();
    const images = tf.randomNormal([4, 32, 32, 3], 0, 1, 'float32', 1) as Tensor4D;
    const labels = tf.tensor1d([0, 1, 2, 3], 'int32') as Tensor1D;
    const losses: number[] = [];
    for (let i = 0; i < 4; i++) {
      losses.push((await trainStep({ tf, network, optimizer, images, labels, learningRate: 0.02, tau: 0 })).loss);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    for (const { name, weight } of network.binaryLayers) {
      const values = (await weight.data()) as Float32Array;
      expect(
        values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
        name,
      ).toBeLessThanOrEqual(Math.fround(0.05));
    }
    optimizer.dispose();
    network.dispose();
  });

  test('has a binary layer less a transition where channels stay the same', () => {
    const network = small();
    const names = network.parameters.map(({ name }) => name);
    expect(names.filter((name) => name.includes('transition.conv'))).toEqual([
      'layer2.transition.conv.weight',
      'layer3.transition.conv.weight',
    ]);
    expect(network.binaryLayers.map(({ name }) => name)).toContain('layer4.1.conv');
    network.dispose();
  });

  test('is offered in the three sizes of larq’s zoo', () => {
    const names = Object.keys(ARCHITECTURES).filter((name) => name.startsWith('quicknet'));
    expect(names).toEqual(PUBLISHED.map(([name]) => name));
  });
});

await describeWithBackend('tensorflow', () => {
  test('QuickNet has the losses of wasm', async () => {
    const lossesOn = async (name: 'tensorflow' | 'wasm'): Promise<number[]> => {
      // Both are back ends of one tfjs, which works with the one that was chosen last.
      const backend = await chooseBackend({ force: name });
      const { tf } = backend;
      const options = { backend, random: seededRandom(1), classes: 10, omega0: 20, method: 'ste-sign' } as const;
      const place = { family: 'quicknet', precision: '1w1a' } as const;
      const network = defineNetwork('small', place, options, quicknet([1, 1, 1, 1], [16, 24, 32, 32])('1w1a'));
      const optimizer = createOptimizer(tf, network.parameters, {
        optimizer: 'sgd',
        learningRate: 0.01,
        momentum: 0,
        nesterov: false,
        weightDecay: 0,
        decay: 'all',
      });
      const images = tf.tensor4d(
        Float32Array.from({ length: 4 * 33 * 33 * 3 }, (_, i) => Math.sin(i)),
        [4, 33, 33, 3],
      );
      const labels = tf.tensor1d([0, 1, 2, 3], 'int32') as Tensor1D;
      const losses: number[] = [];
      for (let i = 0; i < 2; i++) {
        losses.push((await trainStep({ tf, network, optimizer, images, labels, learningRate: 0.01, tau: 0 })).loss);
      }
      return losses;
    };
    const found = await lossesOn('tensorflow');
    const expected = await lossesOn('wasm');
    // The second depends on all gradients of the first step.
    found.forEach((loss, i) => void expect(loss).toBeCloseTo(expected[i]!, 3));
  });
});
