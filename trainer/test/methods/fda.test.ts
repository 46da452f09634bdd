import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { LayerStore } from '../../src/layers/layer-store.js';
import type { Tensor, Tensor2D, Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { type LoneQuantizers, loneQuantizers } from './lone-quantizers.js';

type Shape = [number, number, number, number];
/** Two filters of 128 weights, whose noise module is 2 wide inside. */
const SHAPE: Shape = [2, 128, 1, 1];
const WEIGHTS = Array.from({ length: 256 }, (_, i) => Math.sin(1 + 3.7 * i) * (i % 5 === 0 ? 2 : 0.6));
const PROBE = WEIGHTS.map((_, i) => Math.cos(1.3 * i));
/** Two pixels of 128 channels. */
const MAP: Shape = [1, 1, 2, 128];

const shareAt = (progress: number): number => 0.05 * (1 + Math.cos(Math.PI * progress));
const termsAt = (progress: number): number => 9 + Math.floor(9 * progress);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + Math.abs(b), 0) / values.length;

/** e(t) for rows of 128 numbers. */
function noise(t: readonly number[], first: readonly number[], second: readonly number[]): number[] {
  const [width, inside] = [128, first.length / 128];
  return t.map((value, at) => {
    const row = t.slice(at - (at % width), at - (at % width) + width);
    let learned = 0;
    for (let h = 0; h < inside; h++) {
      const sum = row.reduce((total, x, i) => total + x * first[i * inside + h]!, 0);
      learned += Math.max(0, sum) * second[h * width + (at % width)]!;
    }
    return learned + 0.1 * Math.sin(value);
  });
}

/** The sum of the series itself, up to sin((2n + 1) w0 t). */
function series(t: number, n: number): number {
  let sum = 0;
  for (let i = 0; i <= n; i++) sum += Math.sin((2 * i + 1) * 0.1 * t) / (2 * i + 1);
  return (4 / Math.PI) * sum;
}

describe.each(['wasm', 'cpu'] as const)('FDA on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const matrices = async (store: LayerStore, module: string): Promise<[number[], number[]]> => {
    const [first, second] = store.parameters.filter(({ name }) => name.startsWith(`conv.${module}.`));
    return [Array.from(await first!.variable.data()), Array.from(await second!.variable.data())];
  };
  const cases = [
    ['weights', 'weight_noise', SHAPE, mean(WEIGHTS)],
    ['activations', 'act_noise', MAP, 1],
  ] as const;

  test.each(cases)('has the sign of %s, with the noise on it', async (kind, module, shape, scale) => {
    const lone = loneQuantizers(tf, 'fda', { shape: SHAPE });
    const [first, second] = await matrices(lone.store, module);
    for (const progress of [0, 0.5]) {
      const found = await valuesAt(tf, (x) => lone[kind](x, progress), WEIGHTS, [...shape]);
      const e = noise(WEIGHTS, first, second);
      WEIGHTS.forEach((t, i) => {
        expect(found[i]).toBeCloseTo(scale * (Math.sign(t) + shareAt(progress) * e[i]!), 5);
      });
    }
  });

  test.each(cases)('has the sign of %s alone in evaluation, 0 for 0', async (kind, _, shape, scale) => {
    const lone = loneQuantizers(tf, 'fda', { shape: SHAPE });
    const at = WEIGHTS.map((t, i) => (i === 3 ? 0 : t));
    const found = await valuesAt(tf, (x) => lone[kind](x, 0, false), at, [...shape]);
    const factor = kind === 'weights' ? mean(at) : scale;
    at.forEach((t, i) => {
      expect(found[i]).toBeCloseTo(Math.sign(t) * factor, 6);
    });
  });

  test.each(cases.flatMap((it) => [0, 0.5, 0.99].map((progress) => [...it, progress] as const)))(
    'passes to %s the gradient of the series within the window, and of the noise',
    async (kind, module, shape, scale, progress) => {
      const lone = loneQuantizers(tf, 'fda', { shape: SHAPE });
      const [first, second] = await matrices(lone.store, module);
      const smooth = (x: readonly number[]): number[] => {
        const e = noise(x, first, second);
        const clipped = x.map((t) => Math.max(-1, Math.min(1, t)));
        return clipped.map((t, i) => scale * (series(t, termsAt(progress)) + shareAt(progress) * e[i]!));
      };
      const found = await gradientOf(tf, (x) => lone[kind](x, progress), WEIGHTS, [...shape], PROBE);
      const expected = centralDifferences(smooth, WEIGHTS, PROBE);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 4);
      });
    },
  );

  test('has the slope of the series at 0 and within 1, both edges included', async () => {
    const at = [0, -0, 1e-45, -1e-20, 1e-6, 1, -1, 1.0001];
    const lone = loneQuantizers(tf, 'fda');
    for (const { variable } of lone.store.parameters) variable.assign(tf.zerosLike(variable));
    const found = await gradientOf(
      tf,
      (x) => lone.activations(x, 0.5),
      at,
      [1, 1, at.length, 1],
      at.map(() => 1),
    );
    at.forEach((t, i) => {
      let slope = 0;
      for (let term = 0; term <= termsAt(0.5); term++) slope += Math.cos((2 * term + 1) * 0.1 * t);
      const ofSeries = Math.abs(t) > 1 ? 0 : (0.4 / Math.PI) * slope;
      expect(found[i]).toBeCloseTo(ofSeries + shareAt(0.5) * 0.1 * Math.cos(t), 4);
    });
  });

  test('gives its noise modules their own gradients', async () => {
    const lone: LoneQuantizers = loneQuantizers(tf, 'fda', { shape: SHAPE });
    const [first, second] = await matrices(lone.store, 'act_noise');
    const variables = lone.store.parameters.filter(({ name }) => name.includes('act_noise'));
    const gradients = tf.tidy(() => {
      const [x, probe] = [WEIGHTS, PROBE].map((values) => tf.tensor4d(values, MAP)) as [Tensor4D, Tensor];
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(lone.activations(x), probe)));
      return variables.map(({ variable }) => grads[variable.name] as Tensor2D);
    });
    const probes = (kernel: (f: number[], s: number[]) => number[]): number =>
      kernel(first, second).reduce((sum, value, i) => sum + shareAt(0) * value * PROBE[i]!, 0);
    const found = await Promise.all(gradients.map((it) => it.data()));
    for (const [which, at] of [
      [0, 7],
      [0, 130],
      [1, 3],
      [1, 200],
    ] as const) {
      const shifted = (by: number): number =>
        probes((f, s) => {
          const moved = [f, s].map((values, i) =>
            i === which ? values.map((v, j) => (j === at ? v + by : v)) : values,
          );
          return noise(WEIGHTS, moved[0]!, moved[1]!);
        });
      expect(found[which]![at]).toBeCloseTo((shifted(1e-5) - shifted(-1e-5)) / 2e-5, 4);
    }
  });
});
