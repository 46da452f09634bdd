import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor, TrainingBackend } from '../../src/types.js';
import { gradientOf } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

describe('XNOR-Net', () => {
  let backend: TrainingBackend;
  beforeAll(async () => {
    backend = await chooseBackend({ force: 'wasm' });
  });
  const create = () =>
    createNetwork('demo_1w1a', { backend, random: seededRandom(1), classes: 10, omega0: 20, method: 'xnor-net' });

  test('centres the latent weights over the input channels and clips them, after each step', async () => {
    const { tf } = backend;
    const { store, layer } = loneQuantizers(tf, 'xnor-net', { shape: [1, 3, 1, 2] });
    layer.weight.assign(tf.tensor4d([0.3, 5, 0.6, -1, 0.9, -1], [1, 3, 1, 2]));
    for (const task of store.afterStep) task();
    const found = await layer.weight.data();
    [-0.3, 1, 0, -1, 0.3, -1].forEach((w, i) => {
      expect(found[i]).toBeCloseTo(w, 6);
    });
  });

  test('passes the gradient of inputs within -1 and 1, both excluded', async () => {
    const grid = [-1.001, -1, -0.999, 0, 0.999, 1, 1.001];
    const { activations } = loneQuantizers(backend.tf, 'xnor-net');
    const ones = grid.map(() => 1);
    expect(await gradientOf(backend.tf, activations, grid, row(grid), ones)).toEqual([0, 0, 1, 1, 1, 0, 0]);
  });

  test('keeps the scale of every batch norm at 0.01 or more, and adds 1e-4 to variances', async () => {
    const { tf } = backend;
    const network = create();
    const scale = network.parameters.find(({ name }) => name === 'layer1.0.bn1.weight')!.variable;
    scale.assign(tf.fill(scale.shape, -0.5));
    network.afterStep();
    expect(new Set(await scale.data())).toEqual(new Set([Math.fround(0.01)]));
    scale.assign(tf.ones(scale.shape));
    // In evaluation a norm whose running variance is 0 divides by sqrt(epsilon).
    const variance = network.buffers.find(({ name }) => name === 'layer1.0.bn1.running_var')!;
    const of = async (value: number): Promise<Float32Array> => {
      variance.set(tf.fill(scale.shape, value));
      const map = tf.tidy(() => {
        network.forward(tf.ones([1, 28, 28, 1]), false);
        return tf.keep(network.features.get('layer1.0.bn1') as Tensor);
      });
      const data = (await map.data()) as Float32Array;
      map.dispose();
      return data;
    };
    const [atZero, atOne] = [await of(0), await of(1)];
    const at = atOne.findIndex((value) => Math.abs(value) > 0.1);
    expect(atZero[at]! / atOne[at]!).toBeCloseTo(Math.sqrt(1.0001 / 1e-4), 1);
    network.dispose();
  });

  test('starts with weights of deviation 0.05, and convolutions that have a bias', async () => {
    const network = create();
    const weights = Array.from(await network.binaryLayers[5]!.weight.data());
    const square = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
    expect(Math.sqrt(square)).toBeCloseTo(0.05, 2);
    expect(network.parameters.map(({ name }) => name)).toContain('layer1.0.conv1.bias');
    network.dispose();
  });
});
