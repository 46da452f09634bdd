import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { borrowedOptionsOf, optionsOf } from '../../src/methods/index.js';
import type { Tf } from '../../src/types.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const GRID = [-1, -1e-30, 0, 1e-30, 0.25, 0.5, 0.50001, 1, 1.00001, 7];

describe.each(['wasm', 'cpu'] as const)('DoReFa-Net with 1 bit on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  test.each([0, 0.5, 0.25])('gives 0 to an input of exactly the threshold %d', async (threshold) => {
    const { activations } = loneQuantizers(tf, 'dorefa', { options: { threshold } });
    const found = await valuesAt(tf, activations, GRID, row(GRID));
    expect(found).toEqual(GRID.map((a) => (a > threshold ? 1 : 0)));
  });

  test.each([1, 2])('passes the gradient of inputs within 0 and 1, both included (%d bits)', async (bits) => {
    const { activations } = loneQuantizers(tf, 'dorefa', { options: { bits } });
    const ones = GRID.map(() => 1);
    const found = await gradientOf(tf, activations, GRID, row(GRID), ones);
    expect(found).toEqual(GRID.map((a) => (a >= 0 && a <= 1 ? 1 : 0)));
  });

  test('has 1 bit as a method, and 2 bits where another method borrows its activations, as before', () => {
    expect(optionsOf('dorefa').bits).toBe(1);
    expect(borrowedOptionsOf('dorefa').bits).toBe(2);
  });
});
