import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS, optionsOf } from '../../src/methods/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf, Variable } from '../../src/types.js';
import { centralDifferences } from '../quantizers/differentiate.js';

/** Two filters of one channel of 2 x 2. */
const WEIGHTS = [0.4, -0.9, 0.05, -0.3, 0.8, 0.2, -0.7, 0.6];
const SHAPE = [2, 1, 2, 2] as const;
const MODULATION = [1.5, -0.5, 2, 0.25];
const MEAN = 0.8125;
const MU = [0.3, 0.5];
const SIGMA = [0.2, 0.4];
const NU = 0.5;
const PROBE = WEIGHTS.map((_, i) => Math.cos(1.3 * i));
const PHASE = { stage: '1', progress: 0 } as const;

const kernel = (i: number, modulation: readonly number[]): number => modulation[i % 4]!;
const filter = (i: number): number => Math.floor(i / 4);

describe.each(['wasm', 'cpu'] as const)('BONN on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  function layer(hasValues = true) {
    const store = new LayerStore({ tf }, seededRandom(1));
    const initial = Float32Array.from(WEIGHTS);
    const weight = store.parameter('conv.weight', SHAPE, () => initial);
    const quantize = METHODS.bonn.weights(
      tf,
      { omega0: 20, options: optionsOf('bonn', { nu: NU }) },
      store.binaryLayer('conv', SHAPE, weight, initial),
    );
    const variables = store.parameters.map(({ variable }) => variable) as [Variable, Variable, Variable, Variable];
    if (hasValues) {
      variables[1].assign(tf.tensor(MODULATION, [1, 1, 2, 2]));
      variables[2].assign(tf.tensor(MU, [2, 1, 1, 1]));
      variables[3].assign(tf.tensor(SIGMA, [2, 1, 1, 1]));
    }
    return { store, variables, quantize: () => quantize(weight as unknown as Tensor4D, PHASE, true) };
  }

  test('starts from the sizes of the first weights', async () => {
    const { store, variables } = layer(false);
    expect(store.parameters.map(({ name, rate }) => [name, rate])).toEqual([
      ['conv.weight', undefined],
      ['conv.modulation', 0.1],
      ['conv.mu', undefined],
      ['conv.sigma', 0.1],
    ]);
    const [, modulation, mu, sigma] = await Promise.all(variables.map(async (it) => Array.from(await it.data())));
    const size = WEIGHTS.reduce((sum, w) => sum + Math.abs(w), 0) / 8;
    for (const value of modulation!) expect(value).toBeCloseTo(size, 6);
    [WEIGHTS.slice(0, 4), WEIGHTS.slice(4)].forEach((weights, o) => {
      const mean = weights.reduce((sum, w) => sum + Math.abs(w), 0) / 4;
      const variance = weights.reduce((sum, w) => sum + (Math.abs(w) - mean) ** 2, 0) / 4;
      expect(mu![o]).toBeCloseTo(mean, 6);
      expect(sigma![o]).toBeCloseTo(Math.sqrt(variance), 6);
    });
  });

  test('gives the mean modulation with the sign of the weight', async () => {
    const values = await layer().quantize().data();
    Array.from(values).forEach((value, i) => {
      expect(value).toBeCloseTo(MEAN * Math.sign(WEIGHTS[i]!), 6);
    });
  });

  test('passes the gradient through the modulation itself, within its window', async () => {
    const { variables, quantize } = layer();
    const [weight, modulation] = variables;
    const probe = tf.tensor(PROBE, [...SHAPE]);
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(quantize(), probe)), [weight, modulation]);
    const inside = WEIGHTS.map((w, i) => (Math.abs(w * kernel(i, MODULATION)) <= 1 ? 1 : 0));
    expect(inside).toContain(0);
    Array.from(await grads[weight.name]!.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(PROBE[i]! * inside[i]! * kernel(i, MODULATION), 5);
    });
    Array.from(await grads[modulation.name]!.data()).forEach((value, k) => {
      const expected = [k, k + 4].reduce((sum, i) => sum + PROBE[i]! * inside[i]! * WEIGHTS[i]!, 0);
      expect(value).toBeCloseTo(expected, 5);
    });
  });

  test('adds the distances from the modulated weights and from two Gaussians', async () => {
    const { store, variables } = layer();
    const { value, grads } = tf.variableGrads(() => store.losses[0]!(PHASE), variables);
    const formula = (
      weights: readonly number[],
      modulation: readonly number[],
      mu: readonly number[],
      sigma: readonly number[],
    ): number[] => [
      weights.reduce((sum, w, i) => {
        const residual = MEAN * Math.sign(WEIGHTS[i]!) - kernel(i, modulation) * w;
        const [m, s] = [mu[filter(i)]!, sigma[filter(i)]!];
        return sum + (residual ** 2 + NU * ((Math.abs(w) - m) ** 2 / s ** 2 + Math.log(s ** 2))) / 2;
      }, 0),
    ];
    expect((await value.data())[0]).toBeCloseTo(formula(WEIGHTS, MODULATION, MU, SIGMA)[0]!, 4);
    const expected = [
      centralDifferences((x) => formula(x, MODULATION, MU, SIGMA), WEIGHTS, [1]),
      centralDifferences((x) => formula(WEIGHTS, x, MU, SIGMA), MODULATION, [1]),
      // These get the mean over a filter's four weights.
      centralDifferences((x) => formula(WEIGHTS, MODULATION, x, SIGMA), MU, [1 / 4]),
      centralDifferences((x) => formula(WEIGHTS, MODULATION, MU, x), SIGMA, [1 / 4]),
    ];
    for (const [v, variable] of variables.entries()) {
      Array.from(await grads[variable.name]!.data()).forEach((found, i) => {
        expect(found, `element ${i} of parameter ${v}`).toBeCloseTo(expected[v]![i]!, 3);
      });
    }
  });
});
