import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { METHODS, type MethodName, optionsOf } from '../../src/methods/index.js';
import type { Stage, Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from './differentiate.js';
import { testLayer } from './test-layer.js';

const OMEGA0 = 20;
/** The smallest subnormal and the largest float32; values that the wasm back end's own Sign takes for 0. */
const EXTREMES = [0, -0, 1e-45, -1e-45, 1e-8, -1e-8, 0.5, -0.5, 1, -1, 1e30, -1e30];
/** Two filters (2, 2, 1, 3) away from kinks: 0, +-0.1, +-1, +-1.5. */
const WEIGHTS = [0.31, -0.72, 0.05, 1.21, -0.27, 0.64, -0.45, 0.083, 1.73, -1.12, 0.21, -0.07];
const SHAPE: [number, number, number, number] = [2, 2, 1, 3];
const PROBE = WEIGHTS.map((_, i) => Math.cos(1.3 * i));

describe.each(['wasm', 'cpu'] as const)('weight quantizers on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const make = (name: MethodName, stage: Stage = '2', progress = 0) => {
    const options = { omega0: OMEGA0, options: optionsOf(name) };
    const quantize = METHODS[name].weights(tf, options, testLayer(tf).layer);
    return (w: Tensor4D) => quantize(w, { stage, progress }, true);
  };
  const signsOf = async (name: MethodName, values: readonly number[]): Promise<number[]> => {
    const shape: [number, number, number, number] = [1, values.length, 1, 1];
    return (await valuesAt(tf, make(name), values, shape)).map((value) => Math.sign(value) + 0);
  };

  test.each(['bnn', 'xnor-net', 'dorefa', 'dsq', 'ste-sign', 'swish-sign'] as const)(
    '%s gives +1 to 0 and the sign to every other',
    async (name) => {
      const expected = EXTREMES.map((w) => (w >= 0 ? 1 : -1));
      expect(await signsOf(name, EXTREMES)).toEqual(expected);
    },
  );

  test.each(['bi-real', 'reste'] as const)('%s gives 0 to 0 and the sign to every other', async (name) => {
    expect(await signsOf(name, EXTREMES)).toEqual(EXTREMES.map((w) => Math.sign(w) + 0));
  });

  test.each(['ir-net', 'recu'] as const)('%s gives each filter its sign about its own mean', async (name) => {
    const means = [0, 1].map((filter) => WEIGHTS.slice(6 * filter, 6 * filter + 6).reduce((a, b) => a + b, 0) / 6);
    const expected = WEIGHTS.map((w, i) => Math.sign(w - means[Math.floor(i / 6)]!));
    expect((await valuesAt(tf, make(name), WEIGHTS, SHAPE)).map(Math.sign)).toEqual(expected);
  });

  test('biper gives the sign of the sine, 0 to 0, on both sides of each of its zeros', async () => {
    const period = Math.PI / OMEGA0;
    const grid = [0, ...[-3, -2, -1, 0, 1, 2, 3].flatMap((k) => [k * period - 1e-4, k * period + 1e-4])];
    const shape: [number, number, number, number] = [1, grid.length, 1, 1];
    const expected = grid.map((w) => Math.sign(Math.sin(OMEGA0 * w)));
    expect(await valuesAt(tf, make('biper'), grid, shape)).toEqual(expected);
  });

  test('biper in stage 1 is the sine itself', async () => {
    const values = await valuesAt(tf, make('biper', '1'), WEIGHTS, SHAPE);
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(Math.sin(OMEGA0 * WEIGHTS[i]!), 5);
    });
  });

  test.each(['1', '2'] as const)('biper has the gradient of the sine in stage %s', async (stage) => {
    const found = await gradientOf(tf, make('biper', stage), WEIGHTS, SHAPE, PROBE);
    const expected = centralDifferences((w) => w.map((x) => Math.sin(OMEGA0 * x)), WEIGHTS, PROBE);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3);
    });
  });

  const filters = (w: readonly number[]): number[][] => [w.slice(0, 6), w.slice(6)];
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const meanAbs = (values: readonly number[]): number => mean(values.map(Math.abs));
  const SIGNS = WEIGHTS.map(Math.sign);
  /** (w - mean)/deviation of each filter, with n - 1 in the deviation. */
  const standardised = (w: readonly number[], epsilon = 0): number[] =>
    filters(w).flatMap((filter) => {
      const m = mean(filter);
      const variance = filter.reduce((sum, x) => sum + (x - m) ** 2, 0) / (filter.length - 1);
      return filter.map((x) => (x - m) / Math.sqrt(variance + epsilon));
    });

  /** For each method a smooth function whose derivative at WEIGHTS is the gradient that the method defines; constants are frozen there. */
  const SURROGATES: Record<string, { progress?: number; surrogate: (w: readonly number[]) => number[] }> = {
    bnn: { surrogate: (w) => [...w] },
    'xnor-net': {
      // A sign(w): the scale by its derivative, the sign by that of the clip, each with the other's value at WEIGHTS; all times (1 - 1/I) n,
      // where I = 2 and n = 6.
      surrogate: (w) =>
        filters(w).flatMap((filter, f) =>
          filter.map((x, i) => {
            const at = WEIGHTS[6 * f + i]!;
            const clip = Math.max(-1, Math.min(1, x)) - Math.max(-1, Math.min(1, at));
            return 3 * (meanAbs(filter) * SIGNS[6 * f + i]! + meanAbs(filters(WEIGHTS)[f]!) * clip);
          }),
        ),
    },
    dorefa: { surrogate: (w) => [...w] },
    'bi-real': { surrogate: (w) => w.map((x) => Math.max(-1, Math.min(1, x))) },
    'ir-net': {
      progress: 0.8,
      surrogate: (w) => {
        const t = 10 ** 0.2;
        const powers = filters(standardised(WEIGHTS)).map((filter) => 2 ** Math.round(Math.log2(meanAbs(filter))));
        return standardised(w).map((v, i) => Math.tanh(t * v) * powers[Math.floor(i / 6)]!); // k = 1 for t >= 1
      },
    },
    recu: {
      progress: 0.5,
      surrogate: (w) => {
        const scaled = (values: readonly number[]): number[] =>
          standardised(values, 1e-5).map((v) => 2 * Math.SQRT2 * v);
        const rise = 0.14 / (Math.E - 1);
        const quantile = -meanAbs(scaled(WEIGHTS)) * Math.log(2 - 2 * (rise * Math.exp(0.5) + 0.85 - rise));
        return scaled(w).map((v) => Math.max(-quantile, Math.min(quantile, v)));
      },
    },
    reste: {
      progress: 0.5,
      surrogate: (w) => {
        const o = 1 + 2 * (1 - Math.cos(Math.PI / 4));
        const root = (x: number): number => {
          const size = Math.min(Math.abs(x), 1.5);
          return size <= 0.1 ? (x * 0.1 ** (1 / o)) / 0.1 : Math.sign(x) * size ** (1 / o);
        };
        const scale = meanAbs(WEIGHTS);
        return w.map((x, i) => (root(x) - root(WEIGHTS[i]!)) * scale + SIGNS[i]! * meanAbs(w));
      },
    },
    'ste-sign': { surrogate: (w) => w.map((x) => Math.max(-1.25, Math.min(1.25, x))) },
    // SignSwish of BNN+: 2 s(5x) (1 + 5x (1 - s(5x))) - 1.
    'swish-sign': {
      surrogate: (w) => {
        const s = (u: number): number => 1 / (1 + Math.exp(-u));
        return w.map((x) => 2 * s(5 * x) * (1 + 5 * x * (1 - s(5 * x))) - 1);
      },
    },
    dsq: {
      surrogate: (w) => w.map((x) => (Math.abs(x) > 1 ? Math.sign(x) : Math.tanh(Math.log(3) * x) / 0.8)),
    },
  };

  test.each(Object.entries(SURROGATES))(
    '%s has the gradient of its surrogate',
    async (name, { progress, surrogate }) => {
      const found = await gradientOf(tf, make(name as MethodName, '2', progress), WEIGHTS, SHAPE, PROBE);
      const expected = centralDifferences(surrogate, WEIGHTS, PROBE);
      found.forEach((value, i) => {
        expect(value, `weight ${i}`).toBeCloseTo(expected[i]!, 4);
      });
    },
  );

  test.each(['bi-real', 'dsq'] as const)(
    '%s still has a gradient at exactly -1 and 1, and none beyond',
    async (name) => {
      const grid = [-1.0001, -1, 1, 1.0001];
      const found = await gradientOf(tf, make(name), grid, [1, 4, 1, 1], [1, 1, 1, 1]);
      expect(found.map((value) => value !== 0)).toEqual([false, true, true, false]);
    },
  );

  test('ste-sign passes the gradient within its window, both ends included', async () => {
    const grid = [-0.7001, -0.7, 0.7, 0.7001].map(Math.fround);
    const options = { omega0: OMEGA0, options: { clipValue: Math.fround(0.7) } };
    const quantize = METHODS['ste-sign'].weights(tf, options, testLayer(tf).layer);
    const at = (w: Tensor4D) => quantize(w, { stage: '1', progress: 0 }, true);
    expect(await gradientOf(tf, at, grid, [1, 4, 1, 1], [1, 2, 3, 4])).toEqual([0, 2, 3, 0]);
  });

  test('swish-sign has a finite gradient far from 0, where cosh overflows', async () => {
    const found = await gradientOf(tf, make('swish-sign'), [-1e30, -100, 100, 1e30], [1, 4, 1, 1], [1, 1, 1, 1]);
    expect(found.map((value) => value + 0)).toEqual([0, 0, 0, 0]);
  });

  test('xnor-net still has the gradient of its signs at exactly -1 and 1', async () => {
    const grid = [-1, -0.5, 0.5, 1];
    // The signs cancel in sum of sign(w) dL/dwq, so the scale passes nothing on, and E|w| dL/dwq is left; times (1 - 1/4) 4.
    const found = await gradientOf(tf, make('xnor-net'), grid, [1, 4, 1, 1], [1, 1, 1, 1]);
    expect(found).toEqual([2.25, 2.25, 2.25, 2.25]);
    // Here they don't: 1/4 sign(w) (1 + 1 + 1 + 1).
    const along = await gradientOf(tf, make('xnor-net'), grid, [1, 4, 1, 1], [-1, -1, 1, 1]);
    expect(along).toEqual([-5.25, -5.25, 5.25, 5.25]);
  });

  test('dorefa and xnor-net of weights that are all 0 are 0, with a finite gradient', async () => {
    for (const name of ['dorefa', 'xnor-net'] as const) {
      expect(await valuesAt(tf, make(name), [0, 0], [1, 2, 1, 1])).toEqual([0, 0]);
      expect((await gradientOf(tf, make(name), [0, 0], [1, 2, 1, 1], [1, 2])).every(Number.isFinite)).toBe(true);
    }
  });

  test('dsq has its steepest gradient at 0, s k', async () => {
    const [slope] = await gradientOf(tf, make('dsq'), [0], [1, 1, 1, 1], [1]);
    expect(slope).toBeCloseTo(1.25 * Math.log(3), 5);
  });

  test.each([0, 0.5, 0.95])(
    'reste has the slopes of `Binary_ReSTE`, edges of its pieces included, at %d',
    async (progress) => {
      const o = 1 + 2 * (1 - Math.cos((progress * Math.PI) / 2));
      const slopeAt = (w: number): number => {
        const size = Math.abs(w);
        if (size > 1.5) return 0;
        return size <= Math.fround(0.1) ? 0.1 ** (1 / o) / 0.1 : size ** ((1 - o) / o) / o;
      };
      // Signs that cancel: nothing comes through E|w|.
      const at = [-2, -1.5, -1, -0.2, -0.1, -1e-8, 0, 0, 1e-8, 0.1, 0.2, 1, 1.5, 2];
      const ones = at.map(() => 1);
      const found = await gradientOf(tf, make('reste', '2', progress), at, [1, at.length, 1, 1], ones);
      found.forEach((value, i) => {
        expect(value, `at ${at[i]}`).toBeCloseTo(slopeAt(at[i]!) * meanAbs(at), 4);
      });
    },
  );

  test('ir-net begins with the straight-through estimator', async () => {
    const powers = filters(standardised(WEIGHTS)).map((filter) => 2 ** Math.round(Math.log2(meanAbs(filter))));
    const straight = (w: readonly number[]) => standardised(w).map((v, i) => v * powers[Math.floor(i / 6)]!);
    const found = await gradientOf(tf, make('ir-net'), WEIGHTS, SHAPE, PROBE);
    const expected = centralDifferences(straight, WEIGHTS, PROBE);
    found.forEach((value, i) => {
      expect(value, `weight ${i}`).toBeCloseTo(expected[i]!, 4);
    });
  });

  test('xnor-net and dorefa scale by the mean size, per filter and per layer', async () => {
    const [first, second] = filters(WEIGHTS) as [number[], number[]];
    const sizes = (name: MethodName) => valuesAt(tf, make(name), WEIGHTS, SHAPE);
    expect(Math.abs((await sizes('xnor-net'))[0]!)).toBeCloseTo(meanAbs(first), 6);
    expect(Math.abs((await sizes('xnor-net'))[6]!)).toBeCloseTo(meanAbs(second), 6);
    expect(Math.abs((await sizes('dorefa'))[6]!)).toBeCloseTo(meanAbs(WEIGHTS), 6);
  });
});
