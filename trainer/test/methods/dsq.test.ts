import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { Tensor, Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const PIECEWISE = { options: { variant: 'piecewise' } } as const;
/** Below, between and above the levels -0.7 and 0.9. */
const INPUT = [-2, -0.8, -0.6, -0.31, 0.05, 0.2, 0.77, 1.3];
const PROBE = INPUT.map((_, i) => Math.cos(1.3 * i) + 0.2);
const LEVELS = { alpha: 0.3, l: -0.7, u: 0.9 };

/** Section 3.2.3 of the paper for 1 bit, with phi in place of its sign. */
function softStep(x: number, { alpha, l, u }: typeof LEVELS): number {
  if (x < l) return l;
  if (x > u) return u;
  const k = Math.log(2 / alpha - 1) / (u - l);
  const phi = Math.tanh(k * (x - (l + u) / 2)) / (1 - alpha);
  return l + ((u - l) * (phi + 1)) / 2;
}

describe.each(['wasm', 'cpu'] as const)('DSQ on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const learned = () => {
    const quantizers = loneQuantizers(tf, 'dsq', PIECEWISE);
    const parameters = new Map(quantizers.store.parameters.map(({ name, variable }) => [name, variable]));
    const put = (suffix: string, values: Record<string, number>): void => {
      for (const [part, value] of Object.entries(values))
        parameters.get(`conv.${part}${suffix}`)!.assign(tf.scalar(value));
    };
    return { ...quantizers, parameters, put };
  };

  test('learns a softness for weights and inputs, and as piecewise DSQ their levels', () => {
    const names = (options = {}) => loneQuantizers(tf, 'dsq', options).store.parameters.map(({ name }) => name);
    expect(names()).toEqual(['conv.weight', 'conv.alphaW', 'conv.alphaA']);
    expect(names(PIECEWISE)).toEqual([
      'conv.weight',
      ...['alphaW', 'lW', 'uW', 'alphaA', 'lA', 'uA'].map((part) => `conv.${part}`),
    ]);
  });

  test('has two levels, and the middle between them is the upper one', async () => {
    const { put, weights, activations } = learned();
    put('A', { l: -0.5, u: 1 });
    put('W', { l: -0.25, u: 0.75 });
    expect(await valuesAt(tf, activations, [-3, 0, 0.2499, 0.25, 0.3, 5], row([1, 1, 1, 1, 1, 1]))).toEqual([
      -0.5, -0.5, -0.5, 1, 1, 1,
    ]);
    expect(await valuesAt(tf, weights, [-3, 0.2499, 0.25, 5], [1, 4, 1, 1])).toEqual([-0.25, -0.25, 0.75, 0.75]);
  });

  test.each(['W', 'A'] as const)(
    'of %s has the gradient of the soft step for the input, the levels and the softness',
    async (suffix) => {
      const { put, weights, activations, parameters } = learned();
      put(suffix, LEVELS);
      const quantize = suffix === 'W' ? weights : activations;
      const shape: [number, number, number, number] = [1, 2, 2, 2];
      const ofInput = await gradientOf(tf, quantize, INPUT, shape, PROBE);
      const expected = centralDifferences((x) => x.map((value) => softStep(value, LEVELS)), INPUT, PROBE);
      ofInput.forEach((value, i) => {
        expect(value, `input ${i}`).toBeCloseTo(expected[i]!, 4);
      });
      const names = ['alpha', 'l', 'u'] as const;
      const loss = () => tf.sum(tf.mul(quantize(tf.tensor4d(INPUT, shape)), tf.tensor4d(PROBE, shape)));
      const { grads } = tf.variableGrads(
        loss as never,
        names.map((part) => parameters.get(`conv.${part}${suffix}`)!),
      );
      for (const part of names) {
        const at = (by: number): number[] => INPUT.map((x) => softStep(x, { ...LEVELS, [part]: LEVELS[part] + by }));
        const difference = at(1e-5).map((y, i) => (PROBE[i]! * (y - at(-1e-5)[i]!)) / 2e-5);
        const sum = difference.reduce((a, b) => a + b, 0);
        const [found] = await (grads[parameters.get(`conv.${part}${suffix}`)!.name] as Tensor).data();
        expect(found, part).toBeCloseTo(sum, 4);
      }
    },
  );

  test('as binary DSQ has the gradient of its softness too', async () => {
    const { activations, store } = loneQuantizers(tf, 'dsq');
    const alpha = store.parameters.find(({ name }) => name === 'conv.alphaA')!.variable;
    const loss = () =>
      tf.sum(tf.mul(activations(tf.tensor4d(INPUT, row(INPUT)) as Tensor4D), tf.tensor4d(PROBE, row(PROBE))));
    const { grads } = tf.variableGrads(loss as never, [alpha]);
    const at = (a: number): number =>
      INPUT.reduce((sum, x, i) => sum + PROBE[i]! * softStep(x, { alpha: a, l: -1, u: 1 }), 0);
    expect((await grads[alpha.name]!.data())[0]).toBeCloseTo((at(0.2 + 1e-5) - at(0.2 - 1e-5)) / 2e-5, 4);
  });

  test('keeps the softness between 0 and 1/2, and the levels in order', async () => {
    const { store, put, parameters } = learned();
    put('W', { alpha: 0.9, l: 0.5, u: -0.5 });
    put('A', { alpha: -1, l: -1, u: 1 });
    for (const task of store.afterStep) task();
    const value = async (name: string) => (await parameters.get(`conv.${name}`)!.data())[0]!;
    expect(await value('alphaW')).toBe(0.5);
    expect(await value('alphaA')).toBeGreaterThan(0);
    expect(await value('uW')).toBeGreaterThan(await value('lW'));
    expect([await value('lA'), await value('uA')]).toEqual([-1, 1]);
  });
});
