import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS } from '../../src/methods/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences } from '../quantizers/differentiate.js';

/** Two filters of one channel of 2 x 2, among them weights that the projection brings beyond 1. */
const WEIGHTS = [0.4, -0.9, 0.05, -0.3, 0.8, 0.2, -0.7, 0.6];
const SHAPE = [2, 1, 2, 2] as const;
const PROJECTION = [1.5, -0.5, -2, 0.25];
const PROBE = WEIGHTS.map((_, i) => Math.cos(1.3 * i));
const A = WEIGHTS.reduce((sum, w) => sum + Math.abs(w), 0) / WEIGHTS.length;
const PHASE = { stage: '1', progress: 0 } as const;

const at = (i: number, projection: readonly number[]): number => projection[i % 4]!;

describe.each(['wasm', 'cpu'] as const)('PCNN on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  function layer(projection = PROJECTION, weights = WEIGHTS) {
    const store = new LayerStore({ tf }, seededRandom(1));
    const initial = Float32Array.from(weights);
    const weight = store.parameter('conv.weight', SHAPE, () => initial);
    const quantize = METHODS.pcnn.weights(
      tf,
      { omega0: 20, options: {} },
      store.binaryLayer('conv', SHAPE, weight, initial),
    );
    const declared = store.parameters[1]!;
    const first = declared.variable.dataSync();
    declared.variable.assign(tf.tensor(projection, [1, 1, 2, 2]));
    const variables = store.parameters.map(({ variable }) => variable);
    return { store, declared, first, variables, quantize: () => quantize(weight as unknown as Tensor4D, PHASE, true) };
  }

  test('starts from a projection of ones, which is in the state dict', () => {
    const { declared, first } = layer();
    expect(declared.name).toBe('conv.projection');
    expect(Array.from(first)).toEqual([1, 1, 1, 1]);
  });

  test('gives the layer’s mean size with the sign of weight and mean projection', async () => {
    // The mean of the projection is negative, though two of its elements aren't.
    const expected = WEIGHTS.map((w) => -Math.sign(w) * A);
    Array.from(await layer().quantize().data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
    const positive = await layer([1, 1, 1, 1]).quantize().data();
    expect(Array.from(positive, Math.sign)).toEqual(WEIGHTS.map(Math.sign));
  });

  test('gives 0 to 0', async () => {
    const values = await layer(PROJECTION, [0, 1e-8, -1e-8, 1, 1, 1, 1, 1]).quantize().data();
    expect(Array.from(values.slice(0, 3), (value) => Math.sign(value) + 0)).toEqual([0, -1, 1]);
  });

  test('passes the gradient through the projection itself, within its window', async () => {
    const { variables, quantize } = layer();
    const [weight, projection] = variables;
    const probe = tf.tensor(PROBE, [...SHAPE]);
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(quantize(), probe)), variables);
    const inside = WEIGHTS.map((w, i) => (Math.abs(w * at(i, PROJECTION)) <= 1 ? 1 : 0));
    expect(inside).toContain(0);
    Array.from(await grads[weight!.name]!.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(PROBE[i]! * inside[i]! * at(i, PROJECTION), 5);
    });
    Array.from(await grads[projection!.name]!.data()).forEach((value, k) => {
      const expected = [k, k + 4].reduce((sum, i) => sum + PROBE[i]! * inside[i]! * WEIGHTS[i]!, 0);
      expect(value).toBeCloseTo(expected, 5);
    });
  });

  test('adds half the squared distance between binary and projected weights', async () => {
    const { store, variables } = layer();
    const { value, grads } = tf.variableGrads(() => store.losses[0]!(PHASE), variables);
    const formula = (weights: readonly number[], projection: readonly number[]): number[] => [
      weights.reduce((sum, w, i) => sum + (-Math.sign(WEIGHTS[i]!) * A - w * at(i, projection)) ** 2 / 2, 0),
    ];
    expect((await value.data())[0]).toBeCloseTo(formula(WEIGHTS, PROJECTION)[0]!, 5);
    const expected = [
      centralDifferences((weights) => formula(weights, PROJECTION), WEIGHTS, [1]),
      centralDifferences((projection) => formula(WEIGHTS, projection), PROJECTION, [1]),
    ];
    for (const [v, variable] of variables.entries()) {
      Array.from(await grads[variable.name]!.data()).forEach((found, i) => {
        expect(found).toBeCloseTo(expected[v]![i]!, 4);
      });
    }
  });
});
