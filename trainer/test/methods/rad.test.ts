import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { METHODS, type Method } from '../../src/methods/index.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';

const rad: Method = METHODS.rad;

/** Two images of 2 x 2 x 4: a channel with both signs but no spread, one without a sign change, one with far too much spread, and a good one. */
const SHAPE: [number, number, number, number] = [2, 2, 2, 4];
const MAP = Array.from({ length: 32 }, (_, i) => {
  const wave = Math.sin(1 + 2.3 * i);
  return [0.3 * wave - 0.1, 3 + 0.5 * wave, 9 * wave, 2.5 * wave + 0.2][i % 4]!;
});

/** Weighs a scalar, which is broadcast, once. */
const once = (elements: number): number[] => [1, ...new Array<number>(elements - 1).fill(0)];

/** D of a map with the channels last. */
function distribution(map: readonly number[], channels: number): number {
  const ofChannels = Array.from({ length: channels }, (_, c) => {
    const values = map.filter((_value, i) => i % channels === c);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length + 1e-10;
    const deviation = Math.sqrt(variance);
    const degenerate = Math.max(0, Math.min(2 - mean - deviation, 2 + mean - deviation));
    return degenerate ** 2 + Math.max(0, deviation - 4) ** 2 + Math.max(0, mean ** 2 - variance);
  });
  return ofChannels.reduce((sum, value) => sum + value, 0) / channels;
}

describe.each(['wasm', 'cpu'] as const)('the loss of RAD on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  /** The loss of a network with one binary layer, by the output of its batch norm. */
  const loss = (progress = 0, layer = 'layer1.0.conv2', norm = 'layer1.0.bn2') => {
    const declare = () => {
      throw new Error('it has no parameter');
    };
    const compute = rad.loss!(tf, {}, declare, { stages: 1, binaryLayers: [layer] });
    return (map: Tensor4D): Tensor =>
      compute({
        features: new Map([[norm, map]]),
        teacher: undefined,
        logits: tf.zeros([2, 2]) as Tensor2D,
        labels: tf.zeros([2], 'int32') as Tensor1D,
        phase: { stage: '1', progress },
      });
  };

  test('is degeneration, saturation and mismatch of each channel', async () => {
    const [value] = await valuesAt(tf, loss(), MAP, SHAPE);
    expect(value).toBeCloseTo(distribution(MAP, 4), 4);
  });

  test('has the gradient of its formula', async () => {
    const found = await gradientOf(tf, loss(), MAP, SHAPE, once(32));
    const expected = centralDifferences((map) => [distribution(map, 4)], MAP, [1]);
    found.forEach((value, i) => {
      expect(value, `element ${i}`).toBeCloseTo(expected[i]!, 4);
    });
  });

  test('stays finite on a channel without spread', async () => {
    const found = await gradientOf(tf, loss(), new Array<number>(8).fill(0.5), [2, 2, 2, 1], once(8));
    expect(found.every(Number.isFinite)).toBe(true);
  });

  test('ends with epoch 60 of 65, whatever the number of epochs', async () => {
    expect(await valuesAt(tf, loss(59 / 65), MAP, SHAPE)).not.toEqual([0]);
    expect(await valuesAt(tf, loss(60 / 65), MAP, SHAPE)).toEqual([0]);
    expect(await valuesAt(tf, loss(12 / 13), MAP, SHAPE)).toEqual([0]);
    expect(await valuesAt(tf, loss(0.9), MAP, SHAPE)).not.toEqual([0]);
  });

  test('is the mean over the batch norms behind the binary layers of a network', async () => {
    const found = await chooseBackend({ force: backend });
    const network = createNetwork('demo_1w1a', {
      backend: found,
      random: seededRandom(3),
      classes: 10,
      omega0: 20,
      method: 'rad',
      style: { shortcut: 'binary-conv' },
    });
    const values = tf.tidy(() => {
      const images = tf.randomUniform([3, 28, 28, 1], -1, 1, 'float32', 5) as Tensor4D;
      const logits = network.forward(images, true);
      const labels = tf.zeros([3], 'int32') as Tensor1D;
      const total: Scalar = network.regulariser({ logits, labels, teacher: undefined });
      const maps = [
        ...[1, 2, 3].flatMap((stage) => [`layer${stage}.0.bn1`, `layer${stage}.0.bn2`]),
        ...[2, 3].map((stage) => `layer${stage}.0.shortcut.1`),
      ].map((name) => network.features.get(name)!);
      return [total, ...maps].map((tensor) => tf.keep(tensor));
    });
    const [total, ...maps] = await Promise.all(values.map(async (tensor) => Array.from(await tensor.data())));
    const terms = maps.map((map, i) => distribution(map, values[i + 1]!.shape.at(-1)!));
    expect(total![0]).toBeCloseTo(terms.reduce((sum, term) => sum + term, 0) / 8, 3);
    tf.dispose(values);
    network.dispose();
  });
});

test('RAD has the recipe of its code', () => {
  const { stages } = rad.preset({ family: 'imagenet-resnet', precision: '1w1a' });
  expect(stages['1']).toMatchObject({ epochs: 65, optimizer: 'adam', learningRate: 0.01, tau: 2 });
});
