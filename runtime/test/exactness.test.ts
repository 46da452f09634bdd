import { type Graph, GraphBuilder, type InputNode, OPERATIONS, packBits, type Tensor } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import type { PlaneConvRecord } from '../src/kernels/generated/records.js';
import { WASM_KERNELS } from '../src/kernels/generated/records.js';
import type { AnyRecord } from '../src/kernels/record.js';
import { makePlan, type PlanOptions } from '../src/plan/make-plan.js';
import { differenceFromReference, type Kernels } from './difference-from-reference.js';
import { pick, randomFloats, randomGraph, randomTensor, seededRandom } from './random-graph.js';

const RUNS = Number(process.env.SIGNWAVE_GRAPHS ?? 300);
/** Number of graphs for several threads and for plans without fusion, which repeat much of what `RUNS` graphs test. */
const FEWER_RUNS = Math.ceil(RUNS / 3);
/** A graph takes about 12 ms, and several times as long on a busy machine. */
const TIMEOUT_MS = 30_000 + 60 * RUNS;

/** As `differenceFromReference`; there must be none, and the random graphs' sums don't cancel: they differ by a few roundings at most. */
async function expectEqual(
  graph: Graph,
  kernels: Kernels,
  input: Float32Array,
  seed: number,
  more: PlanOptions = {},
): Promise<void> {
  const comparison = { ...more, maxShare: 1e-5 };
  expect(await differenceFromReference(graph, kernels, input, comparison), `seed ${seed}`).toBeUndefined();
}

test('the random graphs use every kernel, and integer thresholds', { timeout: TIMEOUT_MS }, () => {
  const used = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
    for (const binaryKernels of ['xnor', 'lut'] as const) {
      const { loadSteps, steps } = makePlan(randomGraph(seededRandom(seed)), true, { binaryKernels });
      for (const { kernel, parts } of [...loadSteps, ...steps]) {
        used.add(kernel);
        if (epilogueOf(parts[0]!)?.sumThresholds) used.add(`${WASM_KERNELS[kernel]} of sums`);
      }
    }
  }
  // model.test.ts, softmax.test.ts, integer-conv.test.ts
  const others: string[] = ['byteInput', 'softmax', 'convInteger', 'convPairs', 'pairPlanes'];
  expect([...used].sort()).toEqual(
    [...Object.keys(WASM_KERNELS), 'Conv of sums', 'LutConv of sums']
      .filter((kernel) => !others.includes(kernel))
      .sort(),
  );
});

test('the random graphs have more than one value of every field of every operation', { timeout: TIMEOUT_MS }, () => {
  const nodes = Array.from({ length: Math.max(RUNS, 300) }, (_, i) => randomGraph(seededRandom(i + 1)).nodes).flat();
  const constant = Object.entries(OPERATIONS).flatMap(([op, { fields }]) => {
    const drawn = nodes.filter((node) => node.op === op) as object[] as Record<string, unknown>[];
    const valuesOf = (key: string): Set<string> => new Set(drawn.map((node) => JSON.stringify(node[key])));
    return Object.keys(fields).flatMap((key) => (valuesOf(key).size > 1 ? [] : [`${op}.${key}`]));
  });
  // Executors don't compute with the rule of the source and with what a max pool counts; model.test.ts and softmax.test.ts try the recipe and the
  // logarithm. All slices take every second pixel.
  const others = ['sign.sourceZeroRule', 'maxPool.countPads', 'input.recipe', 'softmax.log'];
  others.push('sliceSpatial.start', 'sliceSpatial.step');
  expect(constant.sort()).toEqual(others.sort());
});

function epilogueOf(record: AnyRecord) {
  return 'epilogue' in record ? record.epilogue : undefined;
}

/** Tests random graphs 1 to `runs`, each with kernels that `kernelsOf` draws. */
async function expectAllEqual(
  runs: number,
  kernelsOf: (random: () => number) => Kernels,
  more?: PlanOptions,
): Promise<void> {
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed);
    const graph = randomGraph(random);
    const { height, width, channels } = graph.nodes[0] as InputNode;
    const kernels = kernelsOf(random);
    await expectEqual(graph, kernels, randomFloats(random, height * width * channels, 2), seed, more);
  }
}

const onGraphs = (runs: number): string => `the reference's bits and outputs on ${runs} random graphs`;
const TIMEOUT = { timeout: TIMEOUT_MS };

describe.each(['scalar', 'auto', 'xnor', 'lut'] as const)('%s kernels', (kernels) => {
  test(`give ${onGraphs(RUNS)}`, TIMEOUT, () => expectAllEqual(RUNS, () => kernels));
});

describe.each([2, 3])('divided among %i threads', (threads) => {
  test(`SIMD kernels give ${onGraphs(FEWER_RUNS)}`, TIMEOUT, () =>
    expectAllEqual(FEWER_RUNS, (random) => pick(random, ['auto', 'xnor', 'lut'] as const), { threads }),
  );
});

test(`plans without fusion give ${onGraphs(FEWER_RUNS)}`, TIMEOUT, () =>
  expectAllEqual(FEWER_RUNS, (random) => pick(random, ['scalar', 'auto', 'xnor', 'lut'] as const), { isFused: false }),
);

test.each([1, 2, 3])(
  '1-bit weights on floats give the outputs for every number of lanes, with what is added in place, in %i threads',
  TIMEOUT,
  async (threads) => {
    // Enough channels for short strips to pay, and few enough for all tables to fit into a block.
    const channels = 64;
    for (let height = 1; height <= 12; height++) {
      const random = seededRandom(height);
      const shape = [channels, 3, 3, channels] as const;
      const weights = (): Tensor => ({
        dtype: 'bits',
        shape,
        data: packBits(channels * 9 * channels, () => random() < 0.5),
      });
      const g = new GraphBuilder();
      const x = g.input({ height, width: 8, channels });
      const y = g.conv(x, weights(), { pad: 1 });
      const z = g.add(g.conv(y, weights(), { pad: 1 }), y);
      g.conv(z, weights(), { pad: 1, stride: 2 });
      const input = randomFloats(random, height * 8 * channels, 2);
      await expectEqual(g.build(), 'lut', input, height, threads > 1 ? { threads } : {});
    }
  },
);

describe('a stem whose strips are rows gives the outputs', () => {
  // Planes of such a height and pitch end between two multiples of 16 lanes, so an extra strip would overwrite the next plane.
  test.each([1, 2, 3])('for widths that are multiples of 16, in %i threads', TIMEOUT, async (threads) => {
    for (const [height, width] of [
      [3, 64],
      [7, 80],
      [16, 64],
      [5, 256],
    ] as const) {
      const random = seededRandom(height);
      const g = new GraphBuilder();
      const x = g.input({ height, width, channels: 3 });
      const stem = g.relu(g.conv(x, randomTensor(random, [8, 3, 3, 3]), { pad: 1 }));
      const bits = { dtype: 'bits', shape: [8, 3, 3, 8], data: packBits(8 * 9 * 8, () => random() < 0.5) } as const;
      g.conv(g.sign(g.maxPool(stem, 2), { threshold: randomFloats(random, 8) }), bits, { pad: 1 });
      const graph = g.build();
      const stems = makePlan(graph, true, { binaryKernels: 'lut' }).steps.filter(
        ({ kernel }) => kernel === 'convPlanes',
      );
      expect(stems.map(({ whole }) => (whole[0] as PlaneConvRecord).stripLanes)).toEqual([width]);
      await expectEqual(graph, 'lut', randomFloats(random, height * width * 3, 2), height, { threads });
    }
  });
});
