import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { floatsAround, loneQuantizers, row } from './lone-quantizers.js';

const SHAPE: [number, number, number, number] = [2, 2, 1, 2];
const WEIGHTS = [0.5, -1, 0, 0.1, -0.2, 0.3, 2, -3];

describe.each(['wasm', 'cpu'] as const)('HWGQ on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const activations = (a: Tensor4D): Tensor4D => loneQuantizers(tf, 'hwgq').activations(a);
  const weights = (w: Tensor4D): Tensor4D => loneQuantizers(tf, 'hwgq', { shape: SHAPE }).weights(w);

  test('gives an activation at a threshold the lower level, and the next float the upper one', async () => {
    const at = [-1, -0, 0, 1e-45, 1e-20, ...floatsAround(0.807), ...floatsAround(1.345), 1.614, 7, 1e30];
    const steps = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3];
    const found = await valuesAt(tf, activations, at, row(at));
    expect(found).toEqual(steps.map((step) => Math.fround(Math.fround(0.538) * step)));
  });

  test('passes the gradient above 0 up to the highest level', async () => {
    const at = [-1, 0, 1e-20, 0.807, ...floatsAround(1.614), 3];
    const probe = at.map((_, i) => i + 0.5);
    const passes = [0, 0, 1, 1, 1, 1, 0, 0];
    const found = await gradientOf(tf, activations, at, row(at), probe);
    expect(found.map((value) => value + 0)).toEqual(probe.map((g, i) => g * passes[i]!));
  });

  test('has weights of one magnitude in each filter, +1 for 0, and the identity for their gradient', async () => {
    const found = await valuesAt(tf, weights, WEIGHTS, SHAPE);
    const [first, second] = [1.6 / 4, 5.5 / 4];
    [first, -first, first, first, -second, second, second, -second].forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 6);
    });
    const probe = WEIGHTS.map((_, i) => i - 2.5);
    expect(await gradientOf(tf, weights, WEIGHTS, SHAPE, probe)).toEqual(probe);
  });
});
