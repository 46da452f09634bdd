import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row, valuesOf } from './lone-quantizers.js';

const SHAPE: [number, number, number, number] = [2, 2, 1, 2];
/** Two filters. */
const WEIGHTS = [0.5, -1, 0, 0.1, -0.2, 0.3, 2, -3];
const MAGNITUDES = [1.6, 5.5];
const FIRST = 0.6745 * Math.sqrt(2 / (2 * 1 * 2));

describe.each(['wasm', 'cpu'] as const)('LQ-Nets on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  /** The averages of TensorFlow with its correction, as sums over all steps. */
  function averages(steps: readonly ((v: number) => number)[], first: number): number {
    const news: number[] = [];
    let v = first;
    for (const step of steps) {
      news.push(step(v));
      const t = news.length;
      v = news.reduce((sum, value, i) => sum + 0.1 * 0.9 ** (t - 1 - i) * value, 0) / (1 - 0.9 ** t);
    }
    return v;
  }

  test('computes a step with the levels of the steps before, +v above 0 and -v elsewhere', async () => {
    const lone = loneQuantizers(tf, 'lq-net', { shape: SHAPE });
    const signs = WEIGHTS.map((w) => (w > 0 ? 1 : -1));
    const found = await valuesAt(tf, (w) => lone.weights(w), WEIGHTS, SHAPE);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(FIRST * signs[i]!, 6);
    });
    const second = await valuesAt(tf, (w) => lone.weights(w), WEIGHTS, SHAPE);
    second.forEach((value, i) => {
      const sum = MAGNITUDES[Math.floor(i / 4)]!;
      expect(value).toBeCloseTo(((sum + 1e-4 * FIRST) / (4 + 1e-4)) * signs[i]!, 5);
    });
  });

  test('averages the least squares of each step, forgetting the initial level with the first', async () => {
    const lone = loneQuantizers(tf, 'lq-net', { shape: SHAPE });
    const scales = [1, 0.5, 3];
    for (const scale of scales) {
      await valuesAt(
        tf,
        (w) => lone.weights(w),
        WEIGHTS.map((w) => w * scale),
        SHAPE,
      );
    }
    const found = await valuesOf(lone.store, 'basis');
    MAGNITUDES.forEach((sum, o) => {
      const steps = scales.map((scale) => (v: number) => (scale * sum + 1e-4 * v) / (4 + 1e-4));
      expect(found[o]).toBeCloseTo(averages(steps, FIRST), 5);
    });
    expect(await valuesOf(lone.store, 'steps')).toEqual([3]);
  });

  test('changes nothing in evaluation', async () => {
    const lone = loneQuantizers(tf, 'lq-net', { shape: SHAPE });
    await valuesAt(tf, (w) => lone.weights(w, 0, false), WEIGHTS, SHAPE);
    await valuesAt(tf, (a) => lone.activations(a, 0, false), WEIGHTS, SHAPE);
    expect(await valuesOf(lone.store, 'steps')).toEqual([0]);
    expect(await valuesOf(lone.store, 'activation_steps')).toEqual([0]);
  });

  test('passes the gradient of weights', async () => {
    const lone = loneQuantizers(tf, 'lq-net', { shape: SHAPE });
    const probe = WEIGHTS.map((_, i) => i - 2.5);
    expect(await gradientOf(tf, (w) => lone.weights(w), WEIGHTS, SHAPE, probe)).toEqual(probe);
  });

  test('gives activations above half of the level the level, with the gradient up to it', async () => {
    const level = Math.fround(1.349);
    const at = [0, 0.3, level / 2, 0.675, 1, level, 1.35, 4];
    const reached = [0, 0, 0, 1, 1, 1, 1, 1];
    const lone = loneQuantizers(tf, 'lq-net');
    const evaluate = (a: Tensor4D): Tensor4D => lone.activations(a, 0, false);
    expect(await valuesAt(tf, evaluate, at, row(at))).toEqual(reached.map((bit) => bit * level));
    const probe = at.map((_, i) => i + 0.5);
    const passes = [1, 1, 1, 1, 1, 1, 0, 0];
    const found = await gradientOf(tf, (a) => lone.activations(a), at, row(at), probe);
    expect(found.map((value) => value + 0)).toEqual(probe.map((g, i) => g * passes[i]!));
    const sum = at.reduce((total, a, i) => total + a * reached[i]!, 0);
    expect((await valuesOf(lone.store, 'activation_basis'))[0]).toBeCloseTo((sum + 1e-4 * level) / (5 + 1e-4), 5);
  });

  test('keeps the level of activations where none is above half of it', async () => {
    const lone = loneQuantizers(tf, 'lq-net');
    await valuesAt(tf, (a) => lone.activations(a), [0, 0.1], row([0, 0.1]));
    expect((await valuesOf(lone.store, 'activation_basis'))[0]).toBeCloseTo(1.349, 5);
  });
});
