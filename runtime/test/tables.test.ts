import { type Graph, GraphBuilder, packBits, type Tensor, type TensorShape } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import { tryTables } from '../src/engine/trial.js';
import { type LutParameters, lutCandidates } from '../src/kernels/lut-parameters.js';
import { COSTS } from '../src/plan/costs.js';
import { makePlan, type PlanOptions } from '../src/plan/make-plan.js';
import { randomBits, randomFloats, seededRandom } from './random-graph.js';

interface Shape {
  readonly height?: number;
  readonly width?: number;
  readonly channels: number;
  readonly filters?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
}

const ALL = 10_000;

function bitsOf(shape: TensorShape, isPlus: boolean): Tensor {
  const count = shape[0] * shape[1] * shape[2] * shape[3];
  return { dtype: 'bits', shape, data: packBits(count, () => isPlus) };
}

function convGraph(shape: Shape, weights: (shape: TensorShape) => Tensor, scale?: number): Graph {
  const { height = 5, width = 7, channels, filters = 5, kernel = 3, stride = 1, groups = 1 } = shape;
  const g = new GraphBuilder();
  const signs = g.sign(g.input({ height, width, channels }));
  const w = weights([filters, kernel, kernel, channels / groups]);
  const sums = g.conv(signs, w, { stride, groups, pad: (kernel - 1) / 2 });
  if (scale !== undefined) g.affine(sums, new Float32Array(filters).fill(scale), new Float32Array(filters));
  return g.build();
}

function candidatesOf(graph: Graph): LutParameters[] {
  const found: LutParameters[] = [];
  makePlan(graph, true, {
    binaryKernels: 'lut',
    pickTables: (work) => {
      found.push(...lutCandidates(work, ALL, COSTS.x86));
      return found[0];
    },
  });
  return found;
}

async function run(graph: Graph, input: Float32Array, options: PlanOptions): Promise<Float32Array> {
  const executable = new Executable(makePlan(graph, true, options), await createEngine('simd'));
  executable.setInput(input);
  executable.execute();
  return executable.output();
}

function reasonOf(graph: Graph, options: PlanOptions = { binaryKernels: 'lut' }): string {
  const { steps } = makePlan(graph, true, options);
  return steps.find(({ kernel }) => kernel === 'convLut' || kernel === 'convBits')!.reason;
}

const inputOf = (graph: Graph, random: () => number): Float32Array => {
  const { height, width, channels } = graph.nodes[0] as { height: number; width: number; channels: number };
  return randomFloats(random, height * width * channels);
};

describe('every way to use tables gives the sums of the reference', () => {
  test.each<Shape>([
    { channels: 2 },
    { channels: 10, kernel: 1, width: 20 },
    { channels: 26, height: 9, width: 30 },
    { channels: 24, kernel: 5 },
    { channels: 18, stride: 2 },
    { channels: 20, groups: 2, filters: 6 },
    { channels: 36, groups: 3, filters: 6, stride: 3 },
    { channels: 4, kernel: 11, stride: 10, height: 31, width: 45 },
  ])('%j', async (shape) => {
    const random = seededRandom(shape.channels);
    const graph = convGraph(shape, (sides) => randomBits(random, sides));
    const input = inputOf(graph, random);
    const expected = new Reference(graph).run(input);
    const candidates = candidatesOf(graph);
    // About 60 of them, spread evenly, which takes about a second.
    for (let i = 0; i < candidates.length; i += Math.ceil(candidates.length / 60)) {
      const parameters = candidates[i]!;
      const output = await run(graph, input, { binaryKernels: 'lut', pickTables: () => parameters });
      expect(output, JSON.stringify(parameters)).toEqual(expected);
    }
  });
});

describe('no accumulator overflows', () => {
  test.each([true, false])('an i8 of the largest blocks, where all weights are %s', async (isPlus) => {
    for (const kernel of [1, 3, 5]) {
      const graph = convGraph({ channels: 128, kernel, filters: 2 }, (sides) => bitsOf(sides, isPlus));
      const input = new Float32Array(5 * 7 * 128).fill(1);
      const expected = new Reference(graph).run(input);
      const largest = new Map<number, LutParameters>();
      for (const parameters of candidatesOf(graph)) {
        const known = largest.get(parameters.channels);
        if (!known || known.blockSlices < parameters.blockSlices) largest.set(parameters.channels, parameters);
      }
      expect(largest.size).toBeGreaterThan(0);
      for (const parameters of largest.values()) {
        const output = await run(graph, input, { binaryKernels: 'lut', pickTables: () => parameters });
        expect(output, JSON.stringify(parameters)).toEqual(expected);
      }
    }
  });

  test('an i16 holds halves of 65,534 taps; with more, bits are counted', async () => {
    const shape = { height: 1, width: 2, kernel: 1, filters: 1 };
    for (const isPlus of [true, false]) {
      const graph = convGraph({ ...shape, channels: 65_534 }, (sides) => bitsOf(sides, isPlus));
      expect(reasonOf(graph)).toMatch(/tables of/);
      const input = new Float32Array(2 * 65_534).fill(1);
      expect(await run(graph, input, { binaryKernels: 'lut' })).toEqual(new Reference(graph).run(input));
    }
    const larger = convGraph({ ...shape, channels: 65_536 }, (sides) => bitsOf(sides, true));
    expect(reasonOf(larger)).toMatch(/popcount \(sums of 65536 taps/);
  });

  test('signs are those of sums near and at their threshold, however far apart the sums of blocks are', async () => {
    // Halves reach -32,767 and 32,767, and thresholds lie below, between and above.
    for (const channels of [124, 126, 65_534]) {
      for (const isPlus of [true, false]) {
        const filters = 12;
        const g = new GraphBuilder();
        const operand = g.sign(g.input({ height: 1, width: 2, channels }));
        const sums = g.conv(operand, bitsOf([filters, 1, 1, channels], isPlus));
        const sum = isPlus ? channels : -channels;
        const far = [0, 1, -1, 2, -2, 3, 256, -256, sum, -sum, 2 * sum, 1e6];
        const scales = Float32Array.from({ length: filters }, (_, i) => (i % 2 === 0 ? 1 : -1));
        const signs = g.sign(
          g.affine(
            sums,
            scales,
            Float32Array.from(far, (it, i) => it - sum * scales[i]!),
          ),
        );
        g.conv(signs, randomBits(seededRandom(channels), [filters, 1, 2, filters]));
        const graph = g.build();
        const input = new Float32Array(2 * channels).fill(1);
        input.fill(-1, channels, channels + 40);
        const output = await run(graph, input, { binaryKernels: 'lut' });
        expect(output, `${channels} ${isPlus}`).toEqual(new Reference(graph).run(input));
      }
    }
  });

  test('a u16 holds offsets into rows of 4,078 pixels; for longer ones, bits are counted', async () => {
    const random = seededRandom(9);
    for (const [width, expected] of [
      [4078, /tables of 4/],
      [4079, /popcount \(offsets/],
    ] as const) {
      const graph = convGraph({ channels: 4, height: 2, width, filters: 2 }, (sides) => randomBits(random, sides));
      expect(reasonOf(graph)).toMatch(expected);
      const input = inputOf(graph, random);
      expect(await run(graph, input, { binaryKernels: 'lut' })).toEqual(new Reference(graph).run(input));
    }
  });
});

test('signs that tables made are read as bits, for every width and number of channels around whole bytes', async () => {
  const random = seededRandom(11);
  for (const width of [1, 7, 8, 9, 15, 16, 17]) {
    for (const channels of [1, 7, 8, 9, 17]) {
      const g = new GraphBuilder();
      const x = g.sign(g.input({ height: 3, width, channels: 4 }));
      const signs = g.sign(g.conv(x, randomBits(random, [channels, 3, 3, 4]), { pad: 1 }));
      // One pixel, for which bits are counted.
      g.conv(signs, randomBits(random, [5, 3, width, channels]));
      const graph = g.build();
      const { steps } = makePlan(graph, true, { binaryKernels: 'lut' });
      expect(steps.map(({ kernel }) => kernel)).toContain('signsToBits');
      const input = inputOf(graph, random);
      const output = await run(graph, input, { binaryKernels: 'lut' });
      expect(output, `${width} wide, ${channels} channels`).toEqual(new Reference(graph).run(input));
    }
  }
});

describe('bits are counted', () => {
  const random = seededRandom(2);
  const bits = (sides: TensorShape): Tensor => randomBits(random, sides);

  test('where the channels of a group are odd in number: their halves would not be whole', () => {
    expect(reasonOf(convGraph({ channels: 3 }, bits))).toMatch(/popcount \(an odd number of channels \(3\)/);
  });

  test('for one pixel, which leaves lanes without work', () => {
    expect(reasonOf(convGraph({ channels: 8, height: 1, width: 1 }, bits))).toMatch(/popcount \(one pixel/);
  });

  test('where a scale has no double', () => {
    expect(reasonOf(convGraph({ channels: 8 }, bits, 2 ** 127))).toMatch(/popcount \(a scale is too large/);
    expect(reasonOf(convGraph({ channels: 8 }, bits, 2 ** 126))).toMatch(/tables of/);
  });

  test('where that is faster: on maps of a few pixels, most lanes are empty', () => {
    const shape = { channels: 64, filters: 64 };
    expect(reasonOf(convGraph({ ...shape, height: 2, width: 2 }, bits), {})).toMatch(/popcount \(faster than tables/);
    expect(reasonOf(convGraph({ ...shape, height: 8, width: 8 }, bits), {})).toMatch(/tables of/);
  });
});

test('a trial finds tables for each shape, and they give the same sums', async () => {
  const random = seededRandom(11);
  const graph = convGraph({ channels: 32, filters: 32, height: 9, width: 9 }, (sides) => randomBits(random, sides));
  const pickTables = await tryTables(graph, await createEngine('simd'), 'x86');
  const input = inputOf(graph, random);
  expect(await run(graph, input, { binaryKernels: 'lut', pickTables })).toEqual(new Reference(graph).run(input));
});
