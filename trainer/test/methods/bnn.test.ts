import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { Tf } from '../../src/types.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const GRID = [-3, -1, -0.25, 0, 0.25, 1, 3];

describe('BNN', () => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: 'wasm' }));
  });

  test('passes all gradients of weights and inputs, and gives +1 to 0', async () => {
    const { weights, activations } = loneQuantizers(tf, 'bnn');
    for (const quantize of [weights, activations]) {
      expect(await valuesAt(tf, quantize, GRID, row(GRID))).toEqual(GRID.map((x) => (x < 0 ? -1 : 1)));
      expect(await gradientOf(tf, quantize, GRID, row(GRID), GRID)).toEqual(GRID);
    }
  });

  test('clips the latent weights to -1 and 1 after each step', async () => {
    const { store, layer } = loneQuantizers(tf, 'bnn', { shape: [1, GRID.length, 1, 1] });
    layer.weight.assign(tf.tensor4d(GRID, [1, GRID.length, 1, 1]));
    for (const task of store.afterStep) task();
    expect(Array.from(await layer.weight.data())).toEqual([-1, -1, -0.25, 0, 0.25, 1, 1]);
  });
});
