import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { METHODS, type Method } from '../../src/methods/index.js';
import type { Tensor4D, Tf, Variable } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

/** Two filters (2, 1, 1, 4), the second with a mean far from 0. */
const WEIGHTS = [0.31, -0.72, 0.05, 1.21, 2.27, 1.64, 0.45, 1.083];
const SHAPE: [number, number, number, number] = [2, 1, 1, 4];
const PROBE = WEIGHTS.map((_, i) => Math.cos(1.3 * i));
const filters = (w: readonly number[]): number[][] => [w.slice(0, 4), w.slice(4)];
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((w) => (w - mean(values)) ** 2)));

/** Below, at and above the middle between the levels, and beyond the triangle. */
const INPUT = [-3, -0.4, 0.25, 0.3, 0.9, 2.5];
const polynomial = (u: number): number => (Math.abs(u) >= 1 ? Math.sign(u) : 2 * u - Math.sign(u) * u * u);

describe.each(['wasm', 'cpu'] as const)('AdaBin on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  test('has two levels for each filter, about its mean and a deviation away from it', async () => {
    const found = await valuesAt(tf, loneQuantizers(tf, 'adabin').weights, WEIGHTS, SHAPE);
    const expected = filters(WEIGHTS).flatMap((filter) =>
      filter.map((w) => mean(filter) + deviation(filter) * Math.sign(w - mean(filter))),
    );
    found.forEach((w, i) => void expect(w).toBeCloseTo(expected[i]!, 5));
  });

  test('passes the gradient of weights through mean, deviation and IR-Net’s estimator', async () => {
    const t = 10 ** 0.2; // 0.8 of the way from 0.001 to 10, and k is 1 from 1 on
    const standard = (w: readonly number[]): number[] =>
      filters(w).flatMap((filter) => filter.map((x) => (x - mean(filter)) / deviation(filter)));
    const frozen = standard(WEIGHTS).map((v) => Math.sign(v) - Math.tanh(t * v));
    const soft = (w: readonly number[]): number[] =>
      standard(w).map((v, i) => {
        const filter = filters(w)[Math.floor(i / 4)]!;
        return deviation(filter) * (Math.tanh(t * v) + frozen[i]!) + mean(filter);
      });
    const found = await gradientOf(tf, loneQuantizers(tf, 'adabin', { progress: 0.8 }).weights, WEIGHTS, SHAPE, PROBE);
    const expected = centralDifferences(soft, WEIGHTS, PROBE);
    found.forEach((g, i) => void expect(g, `weight ${i}`).toBeCloseTo(expected[i]!, 4));
  });

  const learned = (distance: number, centre: number) => {
    const { store, activations } = loneQuantizers(tf, 'adabin');
    const named = (part: string): Variable =>
      store.parameters.find(({ name }) => name === `conv.binary_a.${part}`)!.variable;
    const [alpha, beta] = [named('alpha_a'), named('beta_a')];
    return {
      activations,
      alpha,
      beta,
      put: () => {
        alpha.assign(tf.scalar(distance));
        beta.assign(tf.scalar(centre));
      },
    };
  };

  test('starts with the levels -1 and 1', async () => {
    const { activations } = learned(1, 0);
    expect(await valuesAt(tf, activations, [-2, -0.01, 0.01, 5], row([1, 1, 1, 1]))).toEqual([-1, -1, 1, 1]);
  });

  test.each([
    [0.5, 0.25],
    [-0.5, 0.25],
    [2, -0.75],
  ])('learns the levels %f (%f - 1) and (... + 1), and their middle is the threshold', async (distance, centre) => {
    const { put, activations } = learned(distance, centre);
    put();
    const expected = INPUT.map((a) => distance * (Math.sign((a - centre) / distance) + centre));
    expect((await valuesAt(tf, activations, INPUT, row(INPUT))).map((a) => a + 0)).toEqual(expected.map((a) => a + 0));
  });

  test.each([
    [0.5, 0.2],
    [-1.5, 0.2],
  ])(
    'has the gradient of Bi-Real’s polynomial for the input and both levels, at %f and %f',
    async (distance, centre) => {
      const { put, activations, alpha, beta } = learned(distance, centre);
      put();
      const [A, B] = [Math.fround(distance), Math.fround(centre)];
      const frozen = INPUT.map((a) => Math.sign((a - B) / A) - polynomial((a - B) / A));
      const soft = (x: readonly number[], at = A, middle = B): number[] =>
        x.map((a, i) => at * (polynomial((a - middle) / at) + frozen[i]! + middle));
      const probe = INPUT.map((_, i) => Math.cos(2 * i));
      const found = await gradientOf(tf, activations, INPUT, row(INPUT), probe);
      const expected = centralDifferences(soft, INPUT, probe);
      found.forEach((g, i) => void expect(g, `input ${i}`).toBeCloseTo(expected[i]!, 4));
      const loss = () =>
        tf.sum(tf.mul(activations(tf.tensor4d(INPUT, row(INPUT)) as Tensor4D), tf.tensor4d(probe, row(probe))));
      const { grads } = tf.variableGrads(loss as never, [alpha, beta]);
      const slope = (at: (by: number) => number[]): number =>
        at(1e-5).reduce((sum, y, i) => sum + (probe[i]! * (y - at(-1e-5)[i]!)) / 2e-5, 0);
      expect((await grads[alpha.name]!.data())[0]).toBeCloseTo(
        slope((by) => soft(INPUT, A + by)),
        4,
      );
      expect((await grads[beta.name]!.data())[0]).toBeCloseTo(
        slope((by) => soft(INPUT, A, B + by)),
        4,
      );
    },
  );
});

describe('AdaBin’s networks', () => {
  const adabin: Method = METHODS.adabin;

  test('have Maxout, and the shortcuts of the authors’ code', () => {
    expect(adabin.style({ family: 'resnet20', precision: '1w1a' })).toMatchObject({
      nonlinearity: 'maxout',
      shortcut: 'slice-pad',
    });
    expect(adabin.style({ family: 'resnet18', precision: '1w1a' })).toMatchObject({
      skips: 'conv',
      shortcut: 'conv',
      stem: 'norm-act',
    });
  });
});
