import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { type Architecture, buildGraph } from '../src/models/architecture.js';
import { levelConv } from '../src/models/level-sums.js';
import { dorefaActivations } from '../src/models/methods/dorefa.js';
import { halfWave, hwgqWeights } from '../src/models/methods/hwgq.js';
import { storedSigns } from '../src/models/methods/stored-signs.js';
import { LoadedState } from '../src/models/state.js';

const SIDE = 4;
const FILTERS = 3;
const { fround } = Math;

function run(build: Architecture['build'], tensors: Readonly<Record<string, Float32Array>>, image: Float32Array) {
  const net = { name: 'net', method: 'own', needsOmega0: false, preprocess: 'none', classifier: 'fc', build };
  const graph = buildGraph(net, new LoadedState(new Map(Object.entries(tensors)), 'net'), { omega0: 0, classes: 2 });
  return new Reference(graph).run(image);
}

/** The floats next to a number, and the number itself in the middle. */
function around(value: number): number[] {
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  const step = (by: number): number => {
    const moved = Int32Array.of(bits[0]! + by);
    return new Float32Array(moved.buffer)[0]!;
  };
  return value === 0 ? [-1e-45, 0, 1e-45] : [step(-1), float[0]!, step(1)];
}

/** A map (4, 4, 1) full of thresholds and their neighbours, so that border and inside see all of them. */
function image(thresholds: readonly number[], seed: number): Float32Array {
  const values = thresholds.flatMap(around);
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => values[(i * 7 + seed) % values.length]!);
}

/** A 3 x 3 convolution with pads of 0. @param levelOf an activation's level. @param weights (O, 1, 3, 3). */
function convolved(map: Float32Array, levelOf: (x: number) => number, weights: Float32Array): number[] {
  const sums: number[] = [];
  for (let at = 0; at < SIDE * SIDE; at++) {
    for (let o = 0; o < FILTERS; o++) {
      let sum = 0;
      for (let tap = 0; tap < 9; tap++) {
        const [row, column] = [Math.floor(at / SIDE) + Math.floor(tap / 3) - 1, (at % SIDE) + (tap % 3) - 1];
        if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) continue;
        sum += levelOf(map[row * SIDE + column]!) * weights[o * 9 + tap]!;
      }
      sums.push(sum);
    }
  }
  return sums;
}

function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `output ${i}`).toBeLessThan(1e-5);
  });
}

const latent = Float32Array.from({ length: FILTERS * 9 }, (_, i) => (i % 5 === 0 ? 0 : Math.sin(i * 12.9898)));

describe('HWGQ’s half-wave activations', () => {
  const centers = Float32Array.of(0.538, 1.076, 1.614);
  const [first, second, third] = centers as unknown as readonly [number, number, number];
  const thresholds = [0, fround(first + second) / 2, fround(second + third) / 2];
  const levelOf = (x: number): number =>
    x <= 0 ? 0 : x <= thresholds[1]! ? first : x <= thresholds[2]! ? second : third;
  const build =
    (name: string): Architecture['build'] =>
    (g) => {
      const weights = hwgqWeights(name, false);
      levelConv(g, halfWave(g, g.image(SIDE, SIDE, 1), 'qt'), name, { ...weights, outChannels: FILTERS });
    };

  test.each([0, 1, 2, 3, 4])('take the lower level exactly at a threshold, at borders too (map %i)', (seed) => {
    // A latent weight of 0 counts as +1, and every filter has its mean magnitude as a scale.
    const weights = latent.map((w, i) => {
      const filter = latent.subarray(i - (i % 9), i - (i % 9) + 9);
      return (w >= 0 ? 1 : -1) * (filter.reduce((sum, v) => sum + Math.abs(v), 0) / 9);
    });
    const map = image(thresholds, seed);
    expectClose(
      run(build('conv'), { 'qt.centers': centers, 'conv.latent': latent }, map),
      convolved(map, levelOf, weights),
    );
  });

  test('of levels at unequal distances are refused', () => {
    const unequal = { 'qt.centers': Float32Array.of(0.5, 1, 2), 'conv.latent': latent };
    expect(() => run(build('conv'), unequal, image(thresholds, 0))).toThrow(/"qt\.centers" holds 0\.5, 1, 2/);
  });
});

describe('the activations of DoReFa’s PyTorch version', () => {
  const weights = latent.map((w) => w || 0.1);
  const scale = weights.reduce((sum, w) => sum + Math.abs(w), 0) / weights.length;
  const signs = weights.map((w) => Math.sign(w) * scale);
  const layer =
    (bits: number): Architecture['build'] =>
    (g) => {
      dorefaActivations(g, g.image(SIDE, SIDE, 1), bits).conv('conv', { outChannels: FILTERS });
    };

  test.each([0, 1, 2])('of 1 bit are 1 for what is above 0, and 0 for 0 itself, at borders too (map %i)', (seed) => {
    const map = image([0, 0.5], seed);
    expectClose(
      run(layer(1), { 'conv.weight': weights }, map),
      convolved(map, (x) => Number(x > 0), signs),
    );
  });

  test.each([2, 3, 4])('of %i bits are rounded to the nearest level, a half to the even one', (bits) => {
    const steps = 2 ** bits - 1;
    // Products with a whole number of steps that are a half exactly, or round to one.
    const map = image([0.5 / steps, 1.5 / steps, 0.5, 1], bits);
    const levelOf = (x: number): number => {
      const scaled = fround(Math.min(1, Math.max(0, x)) * steps);
      const below = Math.floor(scaled);
      const isUp = scaled - below > 0.5 || (scaled - below === 0.5 && below % 2 === 1);
      return (below + Number(isUp)) / steps;
    };
    expectClose(run(layer(bits), { 'conv.weight': weights }, map), convolved(map, levelOf, signs));
  });

  test('of 32 bits are floats behind a ReLU', () => {
    const map = image([-0.3, 0.4], 1);
    expectClose(
      run(layer(32), { 'conv.weight': weights }, map),
      convolved(map, (x) => Math.max(0, x), signs),
    );
  });
});

describe('weights that are stored after they were made binary', () => {
  const shape = [2, 2, 1, 1] as const;
  const ruled = (part: 'layer' | 'filter', ...values: number[]) =>
    storedSigns(part)({ name: 'conv.weight', values: Float32Array.from(values), shape });

  test('have their magnitude as a scale', () => {
    expect(ruled('layer', 0.5, -0.5, -0.5, 0.5)).toEqual({
      signs: Float32Array.of(0.5, -0.5, -0.5, 0.5),
      scale: Float32Array.of(0.5, 0.5),
    });
    expect(ruled('filter', 0.5, -0.5, -2, 2).scale).toEqual(Float32Array.of(0.5, 2));
  });

  test('are refused if they have several magnitudes where one is expected', () => {
    expect(() => ruled('layer', 0.5, -0.5, -2, 2)).toThrow(
      /"conv\.weight" holds the magnitudes 0\.5 and 2 in one layer, expected one magnitude/,
    );
    expect(() => ruled('filter', 0.5, -0.5, -2, 1)).toThrow(/the magnitudes 2 and 1 in one filter/);
  });
});
