import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { fittedRotations, randomRotation, rotated, rotationSides } from '../../src/methods/rotation.js';
import { seededRandom, standardNormal } from '../../src/random.js';
import type { Tensor, Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { filesThatDifferWhenCut } from './cut-run.js';
import { type LoneQuantizers, loneQuantizers, valuesOf } from './lone-quantizers.js';

type Shape = [number, number, number, number];
/** Two filters of 12 weights: matrices of 3 x 4. */
const SHAPE: Shape = [2, 3, 2, 2];
const random = seededRandom(4);
const WEIGHTS = Array.from({ length: 24 }, () => standardNormal(random));
const PROBE = WEIGHTS.map((_, i) => Math.cos(1.3 * i));
const ANGLES = [0.4, -2.2];

const inFilters = (values: readonly number[], length = 12): number[][] =>
  Array.from({ length: values.length / length }, (_, f) => values.slice(length * f, length * (f + 1)));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const deviationOf = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1));
const standardised = (values: readonly number[], length = 12): number[] =>
  inFilters(values, length).flatMap((part) => part.map((x) => (x - mean(part)) / deviationOf(part)));

type Matrix = number[][];
const matrix = (values: readonly number[], columns: number): Matrix => inFilters(values, columns);
const transposed = (x: Matrix): Matrix => x[0]!.map((_, j) => x.map((line) => line[j]!));
const times = (x: Matrix, y: Matrix): Matrix =>
  x.map((line) => transposed(y).map((column) => line.reduce((sum, value, k) => sum + value * column[k]!, 0)));
const plus = (x: Matrix, y: Matrix): Matrix => x.map((line, i) => line.map((value, j) => value + y[i]![j]!));

/** U V^T of a matrix of full rank, by Newton and Schulz's iteration. */
function polar(d: Matrix): Matrix {
  const norm = Math.hypot(...d.flat());
  let x = d.map((line) => line.map((value) => value / norm));
  for (let i = 0; i < 200; i++) {
    const correction = times(x, times(transposed(x), x));
    x = x.map((line, r) => line.map((value, c) => 1.5 * value - 0.5 * correction[r]![c]!));
  }
  return x;
}

const turn = (filter: Matrix, r1: Matrix, r2: Matrix): Matrix => times(times(transposed(r1), filter), r2);

/** Three rounds of the update, as its equations are written. */
function fitted(filters: readonly Matrix[], start: { r1: Matrix; r2: Matrix }): { r1: Matrix; r2: Matrix } {
  let { r1, r2 } = start;
  for (let round = 0; round < 3; round++) {
    const signs = filters.map((filter) => turn(filter, r1, r2).map((line) => line.map(Math.sign)));
    r1 = transposed(polar(filters.map((x, o) => times(times(signs[o]!, transposed(r2)), transposed(x))).reduce(plus)));
    r2 = polar(filters.map((x, o) => times(times(transposed(x), r1), signs[o]!)).reduce(plus));
  }
  return { r1, r2 };
}

function turnedWeights(w: readonly number[], r1: readonly number[], r2: readonly number[]): number[] {
  return inFilters(standardised(w)).flatMap((filter) => turn(matrix(filter, 4), matrix(r1, 3), matrix(r2, 4)).flat());
}

/** A function whose derivative is k max(0, sqrt(2) t - t^2 |u|). */
function surrogateSign(u: number, t: number, k: number): number {
  const size = Math.min(Math.abs(u), Math.SQRT2 / t);
  return k * Math.sign(u) * (Math.SQRT2 * t * size - (t * t * size * size) / 2);
}

test('lays a filter out as the squarest matrix', () => {
  expect([9, 64, 128, 144, 288, 576, 4608, 7].map(rotationSides)).toEqual([
    [3, 3],
    [8, 8],
    [8, 16],
    [12, 12],
    [16, 18],
    [24, 24],
    [64, 72],
    [1, 7],
  ]);
});

test('starts from orthogonal matrices, which the seed determines', () => {
  const r = randomRotation(18, seededRandom(3));
  expect(randomRotation(18, seededRandom(3))).toEqual(r);
  const lines = matrix(Array.from(r), 18);
  times(lines, transposed(lines)).forEach((line, i) => {
    line.forEach((value, j) => {
      expect(value).toBeCloseTo(i === j ? 1 : 0, 6);
    });
  });
});

describe.each(['wasm', 'cpu'] as const)('RBNN on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  function turnedBy(angles: readonly number[]): LoneQuantizers {
    const lone = loneQuantizers(tf, 'rbnn', { shape: SHAPE });
    const { variable } = lone.store.parameters.find(({ name }) => name === 'conv.rotate')!;
    tf.tidy(() => variable.assign(tf.tensor(angles as number[], [2, 1, 1, 1])));
    return lone;
  }
  const anglesOf = (lone: LoneQuantizers) => lone.store.parameters.find(({ name }) => name === 'conv.rotate')!.variable;
  const rotations = async ({ store }: LoneQuantizers) =>
    [await valuesOf(store, 'R1'), await valuesOf(store, 'R2')] as const;

  /** u, with the rotated term held at that of WEIGHTS. */
  function blended(w: readonly number[], angles: readonly number[], turned: readonly number[]): number[] {
    return standardised(w).map((v, i) => v + Math.abs(Math.sin(angles[Math.floor(i / 12)]!)) * (turned[i]! - v));
  }

  test('has the signs of filters turned in part', async () => {
    const lone = turnedBy(ANGLES);
    const turned = turnedWeights(WEIGHTS, ...(await rotations(lone)));
    const found = await valuesAt(tf, (w) => lone.weights(w), WEIGHTS, SHAPE);
    expect(found).toEqual(blended(WEIGHTS, ANGLES, turned).map(Math.sign));
    const evaluated = await valuesAt(tf, (w) => lone.weights(w, 0.3, false), WEIGHTS, SHAPE);
    expect(evaluated).toEqual(found);
  });

  test.each([0, 0.5, 0.9])(
    'passes the gradient through what isn’t turned, and to the angles, at progress %s',
    async (progress) => {
      const t = 10 ** (-2 + 3 * progress);
      const k = Math.max(1 / t, 1);
      const lone = turnedBy(ANGLES);
      const turned = turnedWeights(WEIGHTS, ...(await rotations(lone)));
      const surrogate = (w: readonly number[], angles: readonly number[]): number[] =>
        blended(w, angles, turned).map((u) => surrogateSign(u, t, k));
      const found = await gradientOf(tf, (w) => lone.weights(w, progress), WEIGHTS, SHAPE, PROBE);
      const expected = centralDifferences((w) => surrogate(w, ANGLES), WEIGHTS, PROBE);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 3);
      });
      const ofAngles = tf.tidy(() => {
        const [w, probe] = [WEIGHTS, PROBE].map((values) => tf.tensor4d(values, SHAPE)) as [Tensor4D, Tensor];
        const { grads } = tf.variableGrads(() => tf.sum(tf.mul(lone.weights(w, progress), probe)), [anglesOf(lone)]);
        return grads[anglesOf(lone).name]!;
      });
      const slopes = centralDifferences((angles) => surrogate(WEIGHTS, angles), ANGLES, PROBE);
      (await ofAngles.data()).forEach((value, o) => {
        expect(value).toBeCloseTo(slopes[o]!, 3);
      });
    },
  );

  test('lets weights stand still until weight decay has moved the angles', async () => {
    const lone = loneQuantizers(tf, 'rbnn', { shape: SHAPE });
    const found = await gradientOf(tf, (w) => lone.weights(w, 0.5), WEIGHTS, SHAPE, PROBE);
    for (const value of found) expect(Math.abs(value)).toBeLessThan(1e-6);
  });

  test('fits its rotations before an epoch, by the equations of the update', async () => {
    const lone = loneQuantizers(tf, 'rbnn', { shape: SHAPE });
    const { variable } = lone.store.parameters.find(({ name }) => name === 'conv.weight')!;
    tf.tidy(() => variable.assign(tf.tensor(WEIGHTS, SHAPE)));
    const [r1, r2] = await rotations(lone);
    const tensors = tf.memory().numTensors;
    for (const task of lone.store.beforeEpoch) await task({ stage: '1', progress: 0 });
    expect(tf.memory().numTensors).toBe(tensors);
    const filters = inFilters(standardised(WEIGHTS)).map((filter) => matrix(filter, 4));
    const expected = fitted(filters, { r1: matrix(r1, 3), r2: matrix(r2, 4) });
    const [newR1, newR2] = await rotations(lone);
    newR1.forEach((value, at) => {
      expect(value).toBeCloseTo(expected.r1.flat()[at]!, 4);
    });
    newR2.forEach((value, at) => {
      expect(value).toBeCloseTo(expected.r2.flat()[at]!, 4);
    });
  });

  test('brings filters nearer to their signs with each update', async () => {
    const filters = tf.tensor3d(
      Array.from({ length: 32 * 144 }, () => standardNormal(random)),
      [32, 12, 12],
    );
    let rotation: { r1: Tensor; r2: Tensor } = {
      r1: tf.tensor2d(randomRotation(12, random), [12, 12]),
      r2: tf.tensor2d(randomRotation(12, random), [12, 12]),
    };
    const size = async (): Promise<number> => {
      const total = tf.tidy(() => tf.sum(tf.abs(rotated(tf, filters, rotation.r1, rotation.r2))));
      return (await total.data())[0]!;
    };
    const sizes = [await size()];
    for (let update = 0; update < 3; update++) {
      rotation = await fittedRotations(tf, filters, rotation);
      sizes.push(await size());
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes[3]! / sizes[0]!).toBeGreaterThan(1.02);
  });

  const IMAGES = [0.3, -0.9, 0.71, 0.2, -0.05, 0.44, 3.1, -2.2, 0.6, 1.9, -4.2, 0.15];
  const MAP: Shape = [2, 1, 3, 2];

  test.each([true, false])('compares activations with the mean of their image (training: %s)', async (training) => {
    const lone = loneQuantizers(tf, 'rbnn', { shape: SHAPE });
    const found = await valuesAt(tf, (a) => lone.activations(a, 0, training), IMAGES, MAP);
    expect(found).toEqual(standardised(IMAGES, 6).map(Math.sign));
    const even = [1, 1, 1, 1, 1, 1, 2, 0, 1, 1, 1, 1];
    const signs = await valuesAt(tf, (a) => lone.activations(a, 0, training), even, MAP);
    expect(signs.map((value) => value + 0)).toEqual([0, 0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0]);
  });

  test.each([0, 0.5, 0.9])(
    'passes the gradient through mean and deviation of an image at progress %s',
    async (progress) => {
      const t = Math.max(1, 10 ** (-2 + 3 * progress));
      const lone = loneQuantizers(tf, 'rbnn', { shape: SHAPE });
      const probe = IMAGES.map((_, i) => Math.sin(2 + 1.7 * i));
      const found = await gradientOf(tf, (a) => lone.activations(a, progress), IMAGES, MAP, probe);
      const expected = centralDifferences((x) => standardised(x, 6).map((c) => surrogateSign(c, t, 1)), IMAGES, probe);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 4);
      });
    },
  );
});

test('RBNN cut within an epoch and resumed gives the same bytes', async () => {
  expect(await filesThatDifferWhenCut('rbnn', [1, 3, 5])).toEqual([]);
});
