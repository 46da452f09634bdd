import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { MethodOptions } from '../../src/quantizers/types.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const LATENT = [0, -0, 1e-45, -1e-45, 0.3, -0.7, 2, -3];
const PROBE = LATENT.map((_, i) => Math.cos(1.3 * i));

describe.each(['wasm', 'cpu'] as const)('SLB on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const weights =
    (progress: number, training = true, options: Partial<MethodOptions> = {}) =>
    (c: Tensor4D): Tensor4D =>
      loneQuantizers(tf, 'slb', { options }).weights(c, progress, training);
  const hard = LATENT.map((c) => (c > 0 ? 1 : -1));

  test.each([
    [0, {}, 1],
    [0.4, {}, 1],
    [0.65, {}, 1.03 ** 125],
    [0.6, { from: 0.3 }, 1.03 ** 125],
  ] as const)(
    'is the expectation under a softmax of temperature rising with progress %s',
    async (progress, options, temperature) => {
      const at = LATENT.map((c) => c / temperature);
      const expectation = (x: readonly number[]): number[] =>
        x.map((c) => {
          const plus = 1 / (1 + Math.exp(-temperature * c)); // softmax of the logits (c, 0)
          return plus - (1 - plus);
        });
      const found = await valuesAt(tf, weights(progress, true, options), at, row(at));
      const slopes = await gradientOf(tf, weights(progress, true, options), at, row(at), PROBE);
      const expected = centralDifferences(expectation, at, PROBE, 1e-5 / temperature);
      expectation(at).forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 5);
        expect(slopes[i]! / temperature).toBeCloseTo(expected[i]! / temperature, 5);
      });
    },
  );

  test.each([
    [0.9, true],
    [0.99, true],
    [0, false],
  ])('is the sign, -1 for 0, at progress %s in training: %s', async (progress, training) => {
    expect(await valuesAt(tf, weights(progress, training), LATENT, row(LATENT))).toEqual(hard);
  });

  test('gives hard weights no gradient', async () => {
    const sum = (c: Tensor4D): Tensor4D => tf.add(weights(0.9)(c), tf.mul(c, 0));
    expect((await gradientOf(tf, sum, LATENT, row(LATENT), PROBE)).map(Math.abs)).toEqual(LATENT.map(() => 0));
  });
});
