import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { type ActivationQuantizerName, activationQuantizerNamed } from '../../src/methods/index.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, scaledPolynomial, valuesAt } from './differentiate.js';
import { testLayer } from './test-layer.js';

const EXTREMES = [0, -0, 1e-45, -1e-45, 1e-8, -1e-8, 0.5, -0.5, 1, -1, 1e30, -1e30];
const GRID = [-2, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 2];

describe.each(['wasm', 'cpu'] as const)('activation quantizers on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const make = (name: ActivationQuantizerName, training = true, bits = 2, progress = 0) => {
    const quantize = activationQuantizerNamed(name)(
      tf,
      { omega0: 20, options: { bits, threshold: 0.5, clipValue: 0.75, beta: 2 } },
      testLayer(tf).layer,
    );
    return (x: Tensor4D) => quantize(x, training, { stage: '1', progress });
  };
  const row = (values: readonly number[]): [number, number, number, number] => [1, 1, 1, values.length];
  const slopes = (name: ActivationQuantizerName) =>
    gradientOf(tf, make(name), GRID, row(GRID), new Array<number>(GRID.length).fill(1));

  test.each(['biper', 'clipped-ste', 'ste-sign', 'swish-sign'] as const)(
    '%s gives +1 to 0, so that it agrees with a packed model',
    async (name) => {
      expect(await valuesAt(tf, make(name), EXTREMES, row(EXTREMES))).toEqual(EXTREMES.map((a) => (a >= 0 ? 1 : -1)));
    },
  );

  test.each([
    ['bi-real', true],
    ['per-sample', true],
    ['per-sample', false],
  ] as const)('%s gives 0 to 0 as torch.sign does (training: %s)', async (name, training) => {
    const values = await valuesAt(tf, make(name, training), EXTREMES, row(EXTREMES));
    expect(values.map((value) => value + 0)).toEqual(EXTREMES.map((a) => Math.sign(a) + 0));
  });

  test.each(['biper', 'bi-real'] as const)('%s has the triangle for its gradient', async (name) => {
    expect(await slopes(name)).toEqual(GRID.map((a) => Math.max(0, 2 - 2 * Math.abs(a))));
  });

  test('bi-real has the gradient of its piecewise polynomial', async () => {
    const polynomial = (a: number): number => (Math.abs(a) >= 1 ? Math.sign(a) : 2 * a - Math.sign(a) * a * a);
    const at = GRID.filter((a) => a !== 0 && Math.abs(a) !== 1);
    const ones = at.map(() => 1);
    const found = await gradientOf(tf, make('bi-real'), at, row(at), ones);
    const expected = centralDifferences((x) => x.map(polynomial), at, ones);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('clipped-ste passes the gradient within -1 and 1, both included', async () => {
    expect(await slopes('clipped-ste')).toEqual(GRID.map((a) => (Math.abs(a) <= 1 ? 1 : 0)));
  });

  test('ste-sign passes the gradient within its window, both ends included', async () => {
    expect(await slopes('ste-sign')).toEqual(GRID.map((a) => (Math.abs(a) <= 0.75 ? 1 : 0)));
  });

  test('swish-sign has the slope of larq’s formula', async () => {
    const found = await slopes('swish-sign');
    GRID.forEach((a, i) => {
      const u = 2 * a;
      expect(found[i], `at ${a}`).toBeCloseTo((2 * (2 - u * Math.tanh(u / 2))) / (1 + Math.cosh(u)), 6);
    });
  });

  test('identity changes neither value nor gradient', async () => {
    expect(await valuesAt(tf, make('identity'), GRID, row(GRID))).toEqual(GRID);
    expect(await slopes('identity')).toEqual(GRID.map(() => 1));
  });

  test('dorefa rounds to its levels, ties to even, and clips', async () => {
    const at = [-1, 0, 1 / 6, 0.3, 0.5, 5 / 6, 0.99, 1, 7];
    const found = await valuesAt(tf, make('dorefa'), at, row(at));
    const even = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
    at.forEach((a, i) => {
      const clipped = Math.max(0, Math.min(1, a));
      expect(found[i], `at ${a}`).toBeCloseTo(even(Math.fround(3 * Math.fround(clipped))) / 3, 6);
    });
    const wide = await valuesAt(tf, make('dorefa', true, 8), [0.5], [1, 1, 1, 1]);
    expect(wide[0]).toBeCloseTo(128 / 255, 6);
  });

  test('dorefa with 1 bit has the levels 0 and 1, a half and all extremes included', async () => {
    const found = await valuesAt(tf, make('dorefa', true, 1), [...EXTREMES, 0.50001], row([...EXTREMES, 0]));
    expect(found.map((value) => value + 0)).toEqual([...EXTREMES.map((a) => (a > 0.5 ? 1 : 0)), 1]);
  });

  test('dorefa passes the gradient within 0 and 1', async () => {
    expect(await slopes('dorefa')).toEqual(GRID.map((a) => (a >= 0 && a <= 1 ? 1 : 0)));
  });

  test('per-sample has the gradient of the polynomial of a/sqrt(var a + 1e-5), image by image', async () => {
    const images = [0.3, -0.9, 0.71, 0.2, -0.05, 0.44, 3.1, -2.2, 0.6, 1.9, -4.2, 0.15];
    const probe = images.map((_, i) => Math.sin(2 + 1.7 * i));
    const found = await gradientOf(tf, make('per-sample'), images, [2, 1, 3, 2], probe);
    const expected = centralDifferences((x) => scaledPolynomial(x, 6), images, probe);
    found.forEach((value, i) => {
      expect(value, `element ${i}`).toBeCloseTo(expected[i]!, 4);
    });
  });

  test('per-sample stays finite on an image without contrast', async () => {
    const found = await gradientOf(tf, make('per-sample'), [0.5, 0.5, 0.5, 0.5], [1, 2, 2, 1], [1, 1, 1, 1]);
    expect(found.every(Number.isFinite)).toBe(true);
  });
});
