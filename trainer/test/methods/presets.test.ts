import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { METHODS, type MethodName } from '../../src/methods/index.js';
import type { Place } from '../../src/methods/method.js';
import { createNetwork } from '../../src/models/index.js';
import { learningRateOf } from '../../src/optimizer/index.js';
import { seededRandom } from '../../src/random.js';

const CIFAR: Place = { family: 'resnet20', precision: '1w1a' };
const VGG: Place = { family: 'vgg-small', precision: '1w1a' };
const IMAGENET: Place = { family: 'imagenet-resnet', precision: '1w1a' };

describe('published recipes', () => {
  const EXPECTED: [MethodName, Place, number, object][] = [
    ['ir-net', CIFAR, 128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4 }],
    ['ir-net', VGG, 128, { epochs: 300, learningRate: 0.007, weightDecay: 1e-4 }],
    ['ir-net', IMAGENET, 2048, { epochs: 100, learningRate: 0.8, weightDecay: 1e-5, nesterov: true }],
    ['reste', CIFAR, 256, { epochs: 1000, learningRate: 0.1, weightDecay: 1e-4, warmUpEpochs: 5 }],
    ['reste', { family: 'resnet18', precision: '1w1a' }, 96, { epochs: 2000 }],
    ['recu', CIFAR, 256, { epochs: 600, learningRate: 0.1, weightDecay: 5e-4, warmUpEpochs: 5 }],
    ['recu', IMAGENET, 512, { epochs: 200, weightDecay: 1e-4, decay: 'conv-and-fc' }],
    ['xnor-net', CIFAR, 128, { epochs: 319, optimizer: 'adam', learningRate: 0.01, weightDecay: 1e-5 }],
    ['bi-real', IMAGENET, 512, { epochs: 256, optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }],
    ['dorefa', CIFAR, 128, { epochs: 200, learningRate: 0.1, weightDecay: 1e-4 }],
    ['bnn', VGG, 256, { optimizer: 'adam', learningRate: 5e-3, weightDecay: 0 }],
    ['rbnn', CIFAR, 256, { epochs: 1000, learningRate: 0.1, weightDecay: 1e-4, warmUpEpochs: 5, decay: 'all' }],
    ['rbnn', IMAGENET, 512, { epochs: 150, learningRate: 0.1, warmUpEpochs: 0 }],
    ['lq-net', VGG, 100, { epochs: 400, learningRate: 0.02, weightDecay: 5e-4, decay: 'weights' }],
    ['lq-net', IMAGENET, 256, { learningRate: 0.1, nesterov: true, weightDecay: 5e-5 }],
    ['slb', CIFAR, 100, { epochs: 500, learningRate: 0.1, weightDecay: 1e-4 }],
    ['slb', VGG, 100, { learningRate: 0.02, weightDecay: 5e-4 }],
    ['fda', CIFAR, 128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4 }],
    ['fda', IMAGENET, 512, { optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }],
    ['hwgq', IMAGENET, 256, { learningRate: 0.1, weightDecay: 5e-5 }],
    ['hwgq', VGG, 100, { epochs: 200, learningRate: 0.01, weightDecay: 5e-4 }],
    ['adabin', CIFAR, 128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4, schedule: { type: 'cosine' } }],
    ['adabin', IMAGENET, 256, { epochs: 120, learningRate: 0.1, weightDecay: 1e-5 }],
  ];
  test.each(EXPECTED)('%s on %o', (name, place, batchSize, settings) => {
    const preset = METHODS[name].preset(place);
    expect(preset.batchSize).toBe(batchSize);
    expect(Object.keys(preset.stages)).toEqual(['1']);
    expect(preset.stages['1']).toMatchObject(settings);
  });

  test('ReActNet has two steps of Adam with a linear decay, of which the first decays weights', () => {
    const { batchSize, stages } = METHODS.reactnet.preset(IMAGENET);
    const step = { epochs: 128, optimizer: 'adam', learningRate: 2.5e-3, schedule: { type: 'linear' } };
    expect(batchSize).toBe(512);
    expect(stages).toMatchObject({ '1': { ...step, weightDecay: 1e-5 }, '2': { ...step, weightDecay: 0 } });
  });

  const rateIn = (name: MethodName, place: Place, epoch: number): number =>
    learningRateOf(epoch, 0, METHODS[name].preset(place).stages['1']!);

  test('drop the learning rate in the epochs of the authors’ code', () => {
    const around = (name: MethodName, place: Place, epoch: number): number =>
      rateIn(name, place, epoch) / rateIn(name, place, epoch - 1);
    for (const epoch of [100, 150, 180]) expect(around('dorefa', CIFAR, epoch)).toBeCloseTo(0.1, 9);
    for (const epoch of [80, 160, 300]) expect(around('lq-net', VGG, epoch)).toBeCloseTo(0.1, 9);
    for (const epoch of [30, 60, 90]) expect(around('ir-net', IMAGENET, epoch)).toBeCloseTo(0.1, 9);
    for (const epoch of [119, 199, 239, 279]) expect(around('xnor-net', CIFAR, epoch)).toBeCloseTo(0.1, 9);
    const bnn = [40, 80, 100, 120, 140].map((epoch) => rateIn('bnn', VGG, epoch));
    [1e-3, 5e-4, 1e-4, 5e-5, 1e-5].forEach((rate, i) => {
      expect(bnn[i]).toBeCloseTo(rate, 12);
      expect(rateIn('bnn', VGG, [39, 79, 99, 119, 139][i]!)).toBeGreaterThan(1.5 * rate);
    });
  });

  test('Bi-Real Net smooths labels, and its latent weights start between 0 and 0.001', async () => {
    expect(METHODS['bi-real'].preset(IMAGENET)).toMatchObject({ labelSmoothing: 0.1 });
    const backend = await chooseBackend({ force: 'wasm' });
    const options = { backend, random: seededRandom(1), classes: 10, omega0: 20, method: 'bi-real' } as const;
    const network = createNetwork('demo_1w1a', options);
    for (const { weight } of network.binaryLayers) {
      const values = await weight.data();
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThan(1e-3);
    }
    network.dispose();
  });
});
