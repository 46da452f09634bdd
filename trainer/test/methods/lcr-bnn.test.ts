import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { METHODS, type Method } from '../../src/methods/index.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences } from '../quantizers/differentiate.js';
import { type MapShape, mapTensors, mapValues, stageInputs } from './stage-maps.js';

const lcr: Method = METHODS['lcr-bnn'];

/** Two images; the first map has four times the pixels of the second, which has as many as the third. */
const SHAPES: MapShape[] = [
  [2, 4, 4, 3],
  [2, 2, 2, 4],
  [2, 2, 2, 5],
];
const STUDENT = mapValues(SHAPES, 1);
const TEACHER = mapValues(SHAPES, 4);
const GAMMA = [0.8, -1.1, 1.3];

/** The map of image n as (pixels, channels), averaged over windows of `side` pixels. */
function matrix(map: readonly number[], [, height, width, channels]: MapShape, n: number, side: number): number[][] {
  const pixels: number[][] = [];
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      const window = Array.from({ length: side ** 2 }, (_, k) => [y + Math.floor(k / side), x + (k % side)] as const);
      pixels.push(
        Array.from({ length: channels }, (_, c) =>
          window.reduce((sum, [v, u]) => sum + map[((n * height + v) * width + u) * channels + c]! / side ** 2, 0),
        ),
      );
    }
  }
  return pixels;
}

/** sqrt |R R' 1| with the matrices written out. */
function lambda(first: number[][], second: number[][]): number {
  const pixels = first.length;
  const r = first[0]!.map((_, a) =>
    second[0]!.map((_value, b) => first.reduce((sum, row, p) => sum + row[a]! * second[p]![b]!, 0) / pixels),
  );
  const product = r.map((row) => r.reduce((sum, other) => sum + row.reduce((dot, x, b) => dot + x * other[b]!, 0), 0));
  return Math.sqrt(Math.hypot(...product));
}

function lambdas(maps: readonly (readonly number[])[], gamma: readonly number[], n: number): number[] {
  const scaled = maps.map((map, i) => map.map((value) => gamma[i]! * value));
  return [
    lambda(matrix(scaled[0]!, SHAPES[0]!, n, 2), matrix(scaled[1]!, SHAPES[1]!, n, 1)),
    lambda(matrix(scaled[1]!, SHAPES[1]!, n, 1), matrix(scaled[2]!, SHAPES[2]!, n, 1)),
  ];
}

function formula(student: readonly (readonly number[])[], gamma: readonly number[]): number {
  const errors = [0, 1].map((n) => {
    const [found, wanted] = [lambdas(student, gamma, n), lambdas(TEACHER, [1, 1, 1], n)];
    return found.map((value, i) => (value - wanted[i]!) ** 2);
  });
  const mean = (i: number): number => (errors[0]![i]! + errors[1]![i]!) / 2;
  return (mean(0) / 4 + mean(1) / 2) / (1e4 * 2);
}

describe.each(['wasm', 'cpu'] as const)('the loss of LCR-BNN on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  async function lossAndGradients() {
    const maps = mapTensors(tf, STUDENT, SHAPES).map((map) => tf.variable(map));
    const gamma = tf.variable(tf.tensor2d(GAMMA, [1, 3]));
    const declared: unknown[] = [];
    const loss = lcr.loss!(
      tf,
      {},
      (...parameter) => {
        declared.push(parameter.slice(0, 2));
        return gamma;
      },
      { stages: 3, binaryLayers: [] },
    );
    expect(declared).toEqual([['gamma', [1, 3]]]);
    const { value, grads } = tf.variableGrads(
      () => loss(stageInputs(tf, maps as unknown as Tensor4D[], mapTensors(tf, TEACHER, SHAPES))),
      [...maps, gamma],
    );
    const read = async (name: string): Promise<number[]> => Array.from(await grads[name]!.data());
    return {
      loss: (await value.data())[0]!,
      maps: await Promise.all(maps.map(({ name }) => read(name))),
      gamma: await read(gamma.name),
    };
  }

  test('is that of the retention matrices, as its formula has them', async () => {
    const { loss } = await lossAndGradients();
    expect(loss / formula(STUDENT, GAMMA)).toBeCloseTo(1, 4);
  });

  test('has the gradient of its formula', async () => {
    const { maps, gamma } = await lossAndGradients();
    const scale = 1e6; // the loss is divided by 10,000 and the number of images
    const expectClose = (found: readonly number[], expected: readonly number[]): void => {
      found.forEach((value, i) => {
        expect(value * scale, `element ${i}`).toBeCloseTo(expected[i]! * scale, 2);
      });
    };
    expectClose(
      gamma,
      centralDifferences((x) => [formula(STUDENT, x)], GAMMA, [1]),
    );
    maps.forEach((map, m) => {
      const loss = (x: readonly number[]): number[] => [formula(STUDENT.with(m, [...x]), GAMMA)];
      expectClose(map, centralDifferences(loss, STUDENT[m]!, [1]));
    });
  });

  test.each([
    ['demo_1w1a', 'demo_float'],
    ['resnet20_1w1a', 'resnet20_float'],
    ['resnet20_1w32a', 'resnet20_float'],
  ])('finds the stages of %s in %s', async (student, teacher) => {
    const found = await chooseBackend({ force: backend });
    const options = { backend: found, random: seededRandom(1), classes: 3, omega0: 20 };
    const size = student.startsWith('demo') ? 28 : 32;
    const shapesOf = (name: string, method: 'lcr-bnn' | 'full-precision') => {
      const network = createNetwork(name, { ...options, method });
      tf.tidy(() => network.forward(tf.zeros([1, size, size, size === 28 ? 1 : 3]) as Tensor4D, true));
      const shapes = ['stage1', 'stage2', 'stage3', 'stage4'].map((stage) => network.features.get(stage)?.shape);
      network.dispose();
      return shapes;
    };
    const shapes = shapesOf(student, 'lcr-bnn');
    expect(shapes.filter(Boolean)).toHaveLength(3);
    expect(shapesOf(teacher, 'full-precision')).toEqual(shapes);
  });
});

test('LCR-BNN’s factors of the stages are in the state dict', async () => {
  const backend = await chooseBackend({ force: 'cpu' });
  const options = { backend, random: seededRandom(1), classes: 3, omega0: 20, method: 'lcr-bnn' } as const;
  const network = createNetwork('resnet20_1w1a', options);
  const gamma = network.parameters.find(({ name }) => name === 'gamma')!;
  expect(gamma.variable.shape).toEqual([1, 3]);
  expect(Array.from(await gamma.variable.data())).toEqual([1, 1, 1]);
  expect(network.teacherMode).toBe('training');
  network.dispose();
});
