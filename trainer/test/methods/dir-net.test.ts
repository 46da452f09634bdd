import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS, type Method, optionsOf } from '../../src/methods/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf } from '../quantizers/differentiate.js';
import { type MapShape, mapTensors, mapValues, stageInputs } from './stage-maps.js';

const dirNet: Method = METHODS['dir-net'];
const PROBE = Array.from({ length: 12 }, (_, i) => Math.cos(1.3 * i));
/** Two filters of six weights without any near their mean, so that a steep estimator would leave none of them updatable. */
const WEIGHTS = [1.1, -0.9, 1.2, -1.3, 1, -0.8, 0.7, -0.9, 0.8, -0.6, 1, -1.1];
const SHAPE: [number, number, number, number] = [2, 6, 1, 1];

const filters = (w: readonly number[]): number[][] => [w.slice(0, 6), w.slice(6)];
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
function standardised(w: readonly number[]): number[] {
  return filters(w).flatMap((filter) => {
    const m = mean(filter);
    const variance = filter.reduce((sum, x) => sum + (x - m) ** 2, 0) / (filter.length - 1);
    return filter.map((x) => (x - m) / Math.sqrt(variance));
  });
}

describe.each(['wasm', 'cpu'] as const)('DIR-Net after its abstract, on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  function layer(updatable: number, weights = WEIGHTS) {
    const store = new LayerStore({ tf }, seededRandom(1));
    const initial = Float32Array.from(weights);
    const weight = store.parameter('conv.weight', SHAPE, () => initial);
    const options = { omega0: 20, options: optionsOf('dir-net', { updatable }) };
    const quantize = dirNet.weights(tf, options, store.binaryLayer('conv', SHAPE, weight, initial));
    const [bound] = store.buffers;
    const beforeEpoch = async () => {
      for (const task of store.beforeEpoch) await task({ stage: '1', progress: 0 });
    };
    const slopes = (progress: number) =>
      gradientOf(tf, (w: Tensor4D) => quantize(w, { stage: '1', progress }, true), weights, SHAPE, PROBE);
    return { bound: bound!, beforeEpoch, slopes };
  }

  /** The gradient of the surrogate k tanh(t v) with the power of two that IR-Net has. */
  function expectedSlopes(t: number): number[] {
    const powers = filters(standardised(WEIGHTS)).map((v) => 2 ** Math.round(Math.log2(mean(v.map(Math.abs)))));
    const surrogate = (w: readonly number[]): number[] =>
      standardised(w).map((v, i) => Math.max(1, 1 / t) * Math.tanh(t * v) * powers[Math.floor(i / 6)]!);
    return centralDifferences(surrogate, WEIGHTS, PROBE);
  }

  test('holds the steepness below what keeps a share of the weights updatable', async () => {
    const { bound, beforeEpoch } = layer(0.25);
    expect((await bound.get().data())[0]).toBe(10);
    await beforeEpoch();
    const sizes = standardised(WEIGHTS)
      .map(Math.abs)
      .sort((a, b) => a - b);
    const limit = (await bound.get().data())[0]!;
    expect(limit).toBeCloseTo(Math.atanh(Math.sqrt(0.95)) / sizes[2]!, 5);
    // A quarter of twelve weights has 5 % of the largest slope, no more.
    expect(sizes.filter((v) => 1 - Math.tanh(limit * v) ** 2 > 0.05 - 1e-6)).toHaveLength(3);
  });

  test('has IR-Net’s gradient with the steepness that it is held at', async () => {
    const { bound, beforeEpoch, slopes } = layer(0.25);
    await beforeEpoch();
    const limit = (await bound.get().data())[0]!;
    for (const [progress, t] of [
      [0.5, 0.1],
      [0.99, limit],
    ] as const) {
      const expected = expectedSlopes(t);
      (await slopes(progress)).forEach((value, i) => {
        expect(value, `weight ${i} at ${progress}`).toBeCloseTo(expected[i]!, 3);
      });
    }
  });

  test('is never steeper than IR-Net', async () => {
    // A tenth of these weights is all but 0.
    const { bound, beforeEpoch } = layer(0.1, [1, -1, 1e-3, 1, -1, -1e-3, 1, -1, 1e-3, 1, -1, -1e-3]);
    await beforeEpoch();
    expect((await bound.get().data())[0]).toBe(10);
  });
});

const SHAPES: MapShape[] = [
  [2, 4, 4, 3],
  [2, 2, 2, 4],
];
const STUDENT = mapValues(SHAPES, 1);
const TEACHER = mapValues(SHAPES, 4);

/** Sums of squares over channels, of length 1 over the pixels of image n. */
function attention(map: readonly number[], [, height, width, channels]: MapShape, n: number): number[] {
  const pixels = height * width;
  const energy = Array.from({ length: pixels }, (_, p) =>
    map.slice((n * pixels + p) * channels, (n * pixels + p + 1) * channels).reduce((sum, value) => sum + value ** 2, 0),
  );
  const length = Math.hypot(...energy);
  return energy.map((value) => value / length);
}

function formula(student: readonly (readonly number[])[]): number {
  const ofStage = (map: readonly number[], s: number): number =>
    mean(
      [0, 1].flatMap((n) => {
        const wanted = attention(TEACHER[s]!, SHAPES[s]!, n);
        return attention(map, SHAPES[s]!, n).map((value, p) => (value - wanted[p]!) ** 2);
      }),
    );
  return student.reduce((sum, map, s) => sum + ofStage(map, s), 0);
}

describe.each(['wasm', 'cpu'] as const)('the loss of DIR-Net after its abstract, on %s', (backend) => {
  test('is the distance between attention maps, with its gradient', async () => {
    const { tf } = await chooseBackend({ force: backend });
    const maps = mapTensors(tf, STUDENT, SHAPES).map((map) => tf.variable(map));
    const declare = () => {
      throw new Error('it has no parameter');
    };
    const loss = dirNet.loss!(tf, {}, declare, { stages: 2, binaryLayers: [] });
    const { value, grads } = tf.variableGrads(
      () => loss(stageInputs(tf, maps as unknown as Tensor4D[], mapTensors(tf, TEACHER, SHAPES))),
      maps,
    );
    expect((await value.data())[0]).toBeCloseTo(formula(STUDENT), 5);
    for (const [m, { name }] of maps.entries()) {
      const expected = centralDifferences((x) => [formula(STUDENT.with(m, [...x]))], STUDENT[m]!, [1]);
      Array.from(await grads[name]!.data()).forEach((found, i) => {
        expect(found, `element ${i} of map ${m}`).toBeCloseTo(expected[i]!, 5);
      });
    }
  });
});

test('DIR-Net says that it rests on an abstract, and has its teacher evaluated', () => {
  expect(dirNet).toMatchObject({ evidence: 'abstract', title: expect.stringContaining('after the abstract') });
  expect(dirNet.teacher).toBe('evaluation');
});
