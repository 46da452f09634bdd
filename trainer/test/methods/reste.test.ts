import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { binaryConvolution } from '../../src/layers/binary-convolution.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS } from '../../src/methods/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const INPUT = [-2, -1.5, -1, -0.2, -0.1, -1e-8, 0, 1e-8, 0.1, 0.2, 0.7, 1.5, 1.6];
const NO_OPTIONS = { omega0: 20, options: {} };

describe.each(['wasm', 'cpu'] as const)('ReSTE on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  test('takes the signs of its inputs, 0 to 0', async () => {
    const signs = await valuesAt(tf, loneQuantizers(tf, 'reste').activations, INPUT, row(INPUT));
    expect(signs).toEqual(INPUT.map(Math.sign));
  });

  test.each([0, 0.5, 0.99])(
    'has the rectified gradient of its weights for inputs, edges included, at %d',
    async (progress) => {
      const o = 1 + 2 * (1 - Math.cos((progress * Math.PI) / 2));
      const slopeAt = (a: number): number => {
        const size = Math.abs(a);
        if (size > 1.5) return 0;
        return size <= Math.fround(0.1) ? 0.1 ** (1 / o) / 0.1 : size ** ((1 - o) / o) / o;
      };
      const ones = INPUT.map(() => 1);
      const found = await gradientOf(
        tf,
        loneQuantizers(tf, 'reste', { progress }).activations,
        INPUT,
        row(INPUT),
        ones,
      );
      found.forEach((value, i) => {
        expect(value / (slopeAt(INPUT[i]!) || 1), `at ${INPUT[i]}`).toBeCloseTo(slopeAt(INPUT[i]!) === 0 ? 0 : 1, 5);
      });
    },
  );

  test('scales the sums, so that one of 0 stays 0 for the ReLU behind it, with the gradient of the whole scale', async () => {
    const store = new LayerStore({ tf }, seededRandom(1));
    const { weights, activations } = METHODS.reste;
    const layer = binaryConvolution(
      store,
      'conv',
      { inChannels: 6, outChannels: 1, kernel: 1 },
      {
        weights: { make: weights, options: NO_OPTIONS },
        activations: { make: activations, options: NO_OPTIONS },
        scale: 'none',
        hasBias: false,
        hasRelics: false,
      },
    );
    const latent = [0.3, -0.1, 0.7, 0.2, -0.9, 0.013];
    const { variable } = store.parameters[0]!;
    variable.assign(tf.tensor4d(latent, [1, 6, 1, 1]));
    const balanced = tf.tensor4d([1, 1, 1, 1, 1, -1], [1, 1, 1, 6]);
    const uneven = tf.tensor4d([1, 1, 1, 1, 1, 1], [1, 1, 1, 6]);
    const scale = latent.reduce((sum, w) => sum + Math.abs(w), 0) / 6;
    for (const training of [true, false]) {
      expect((await layer(balanced, training).data())[0]! + 0).toBe(0);
      expect((await layer(uneven, training).data())[0]).toBeCloseTo(2 * scale, 6);
    }
    // At the start the estimator is the identity: dL/dw = scale * input + sum of signs * sign(w)/6.
    const loss = () => tf.sum(layer(uneven as Tensor4D, true));
    const { grads } = tf.variableGrads(loss as never, [variable]);
    const found = await grads[variable.name]!.data();
    latent.forEach((w, i) => {
      expect(found[i]).toBeCloseTo(scale + (2 * Math.sign(w)) / 6, 5);
    });
  });
});
