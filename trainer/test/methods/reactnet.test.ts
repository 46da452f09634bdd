import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { METHODS } from '../../src/methods/index.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { testLayer } from '../quantizers/test-layer.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const WEIGHTS = [0.3, -0.7, 0, -0, 1.5, -1.5, 1, -1];
const PROBE = WEIGHTS.map((_, i) => i + 1);

describe.each(['wasm', 'cpu'] as const)('ReActNet on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  test('computes with real weights in its first step', async () => {
    const { weights } = loneQuantizers(tf, 'reactnet');
    expect(await valuesAt(tf, weights, WEIGHTS, row(WEIGHTS))).toEqual(WEIGHTS.map(Math.fround));
    expect(await gradientOf(tf, weights, WEIGHTS, row(WEIGHTS), PROBE)).toEqual(PROBE);
  });

  test('computes with signs times the filter’s mean magnitude in its second', async () => {
    const quantize = METHODS.reactnet.weights(tf, { omega0: 20, options: {} }, testLayer(tf).layer);
    const weights = (w: Tensor4D) => quantize(w, { stage: '2', progress: 0 }, true);
    const mean = WEIGHTS.reduce((sum, w) => sum + Math.abs(w), 0) / WEIGHTS.length;
    const found = await valuesAt(tf, weights, WEIGHTS, row(WEIGHTS));
    found.forEach((w, i) => void expect(w).toBeCloseTo(Math.sign(WEIGHTS[i]!) * mean, 6));
    const expected = PROBE.map((g, i) => (Math.abs(WEIGHTS[i]!) <= 1 ? g : 0));
    expect((await gradientOf(tf, weights, WEIGHTS, row(WEIGHTS), PROBE)).map((g) => g + 0)).toEqual(expected);
  });

  test('gives activations the sign of what each channel is shifted by, with the triangle about that', async () => {
    const { store, activations } = loneQuantizers(tf, 'reactnet', { shape: [1, 2, 1, 1] });
    const shift = store.parameters.find(({ name }) => name === 'conv.move0.bias')!.variable;
    expect([...(await shift.data())]).toEqual([0, 0]);
    shift.assign(tf.tensor([0.25, -0.5], [1, 2, 1, 1]));
    // In turn of the two channels: below the threshold, at it, above it, and beyond the triangle.
    const input = [-0.5, 0.25, -0.25, 0.5, 0, 0.75, 2, -3];
    const shifted = input.map((a, i) => a + (i % 2 === 0 ? 0.25 : -0.5));
    const shape: [number, number, number, number] = [1, 2, 2, 2];
    const found = await valuesAt(tf, activations, input, shape);
    expect(found.map((a) => a + 0)).toEqual(shifted.map((a) => Math.sign(a) + 0));
    const slopes = shifted.map((a) => Math.max(0, 2 - 2 * Math.abs(a)));
    const ofInput = slopes.map((slope, i) => PROBE[i]! * slope);
    expect((await gradientOf(tf, activations, input, shape, PROBE)).map((g) => g + 0)).toEqual(ofInput);
    const loss = () => tf.sum(tf.mul(activations(tf.tensor4d(input, shape)), tf.tensor4d(PROBE, shape)));
    const { grads } = tf.variableGrads(loss as never, [shift]);
    const gradient = grads[shift.name]!;
    expect(gradient.shape).toEqual([1, 2, 1, 1]);
    const sums = [0, 1].map((c) => ofInput.reduce((sum, g, i) => sum + (i % 2 === c ? g : 0), 0));
    expect([...(await gradient.data())]).toEqual(sums);
  });

  test('has the parameters of the authors’ blocks, by their names, beside those of BiPer’s network', async () => {
    const place = {
      backend: await chooseBackend({ force: backend }),
      random: seededRandom(1),
      classes: 10,
      omega0: 20,
    };
    const network = createNetwork('demo_1w1a', { ...place, method: 'reactnet' });
    const shapes = new Map(network.parameters.map(({ name, variable }) => [name, variable.shape]));
    expect(shapes.get('layer2.0.conv1.move0.bias')).toEqual([1, 16, 1, 1]);
    expect(shapes.get('layer2.0.act1.move1.bias')).toEqual([1, 32, 1, 1]);
    expect(shapes.get('layer2.0.act1.prelu.weight')).toEqual([32]);
    expect(shapes.get('layer2.0.act1.move2.bias')).toEqual([1, 32, 1, 1]);
    network.dispose();
  });
});

describe('a config', () => {
  const parse = (more: object) => {
    const common = { architecture: 'resnet20_1w1a', data: { format: 'cifar10', folder: 'data' }, output: 'run' };
    return parseConfig(JSON.stringify({ ...common, ...more }), 'a.json');
  };

  test('calls the activations of ReActNet rsign, as its authors do', () => {
    expect(parse({ method: 'reactnet' }).quantizers).toEqual({ weights: 'reactnet', activations: 'rsign' });
    expect(() => parse({ quantizers: { activations: 'reactnet' } })).toThrow(
      /"quantizers.activations" is reactnet.*rsign/,
    );
  });

  test('gives its RSign and RPReLU to any other method', () => {
    const { quantizers, network } = parse({
      quantizers: { activations: 'rsign' },
      network: { nonlinearity: 'rprelu' },
    });
    expect(quantizers).toEqual({ weights: 'biper', activations: 'rsign' });
    expect(network).toEqual({ nonlinearity: 'rprelu' });
  });
});
