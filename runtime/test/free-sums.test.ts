import { readFileSync } from 'node:fs';
import { type Graph, GraphBuilder, type InputNode, packBits, readModel, type Tensor } from '@signwave/format';
import { outputBounds, Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import { makePlan } from '../src/plan/make-plan.js';
import { pick, randomFloats, seededRandom } from './random-graph.js';

const bits = (shape: Tensor['shape'], isPlus: (i: number) => boolean): Tensor => ({
  dtype: 'bits',
  shape,
  data: packBits(shape[0] * shape[1] * shape[2] * shape[3], isPlus),
});

interface Comparison {
  /** The largest difference as a share of its bound. */
  readonly share: number;
  /** The largest difference, and the largest output. */
  readonly difference: number;
  readonly size: number;
}

/** Runs a graph whose sums are free on tables of floats, and compares its outputs with the bounds. */
async function compare(graph: Graph, input: Float32Array): Promise<Comparison> {
  const executable = new Executable(makePlan(graph, true, { binaryKernels: 'lut' }), await createEngine('simd'));
  expect(executable.plan.steps.map(({ kernel }) => kernel)).toContain('convFloatLut');
  executable.setInput(input);
  executable.execute();
  const { maps } = new Reference(graph).record(input);
  const bounds = outputBounds(graph, maps)!;
  const found = executable.output();
  let [share, difference, size] = [0, 0, 0];
  maps.at(-1)!.data.forEach((value, i) => {
    if (bounds[i] === Number.POSITIVE_INFINITY) return;
    const distance = Math.abs(value - found[i]!);
    share = Math.max(share, distance / bounds[i]!);
    difference = Math.max(difference, distance);
    size = Math.max(size, Math.abs(value));
  });
  return { share, difference, size };
}

/** Maps whose neighbouring channels cancel under weights that are all +1, but for what `rest` adds. */
function cancelling(random: () => number, pixels: number, channels: number, rest: number): Float32Array {
  const values = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * channels;
    for (let c = 0; c < channels; c += 2) {
      values[at + c] = (random() + 0.5) * 10 ** pick(random, [0, 3, 6]);
      values[at + c + 1] = -values[at + c]!;
    }
    // Partners lie apart, so that every order has large sums on the way.
    for (let c = channels - 1; c > 0; c--) {
      const other = Math.floor(random() * (c + 1));
      [values[at + c], values[at + other]] = [values[at + other]!, values[at + c]!];
    }
    values[at] = values[at]! + rest;
  }
  return values;
}

describe('sums of floats with 1-bit weights', () => {
  test('that cancel differ by more than the output is large, but lie within their bound', async () => {
    const random = seededRandom(5);
    let worst = 0;
    for (let n = 0; n < 40; n++) {
      const channels = pick(random, [8, 30, 64, 256]);
      const side = pick(random, [1, 3]);
      const g = new GraphBuilder();
      const x = g.input({ height: 6, width: 6, channels });
      const filters = bits([8, side, side, channels], () => true);
      let y = g.conv(x, filters, { pad: Math.floor(side / 2) });
      // What follows enlarges the differences, or lets them through.
      if (random() < 0.5) y = g.affine(y, randomFloats(random, 8, 1e4), randomFloats(random, 8, 1e4));
      if (random() < 0.3) y = g.maxPool(y, 2);
      if (random() < 0.3) y = g.clip(y, -1e9, 1e9);
      if (random() < 0.3) y = g.globalAvgPool(y);
      const { share, difference, size } = await compare(g.build(), cancelling(random, 36, channels, 1e-3));
      expect(share, `graph ${n}`).toBeLessThanOrEqual(1);
      worst = Math.max(worst, difference / size);
    }
    expect(worst).toBeGreaterThan(1e-3);
  });

  test('of sums that cancel lie within their bound, however the layers follow each other', async () => {
    const random = seededRandom(6);
    for (let n = 0; n < 30; n++) {
      const g = new GraphBuilder();
      const input = g.input({ height: 5, width: 5, channels: 16 });
      let x = input;
      for (let layer = 0; layer < 3; layer++) {
        x = g.conv(
          x,
          bits([16, 3, 3, 16], () => random() < 0.5),
          { pad: 1 },
        );
        if (random() < 0.5) x = g.affine(x, randomFloats(random, 16, 0.1), randomFloats(random, 16, 10));
        if (random() < 0.4) x = g.add(x, input);
        if (random() < 0.3) x = g.relu(x);
        if (random() < 0.2) x = g.prelu(x, randomFloats(random, 16), randomFloats(random, 16));
        if (random() < 0.2) x = g.sampleMean(x);
        if (random() < 0.1) x = g.multiply(x, g.sigmoid(x));
      }
      if (random() < 0.3) g.softmax(g.globalAvgPool(x), { log: random() < 0.5 });
      const { share } = await compare(g.build(), cancelling(random, 25, 16, 1e-3));
      expect(share, `graph ${n}`).toBeLessThanOrEqual(1);
    }
  });

  test('of a file in which they cancel lie within their bound, and beyond 1e-5 of the largest output', async () => {
    const path = new URL('../../test/cases/hostile/free-sum-beyond-1e-5.sgnw', import.meta.url);
    const { graph } = readModel(readFileSync(path));
    const { height, width, channels } = graph.nodes[0] as InputNode;
    let worst = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { share, difference, size } = await compare(
        graph,
        randomFloats(seededRandom(seed), height * width * channels, 2),
      );
      expect(share, `input ${seed}`).toBeLessThanOrEqual(1);
      worst = Math.max(worst, difference / size);
    }
    expect(worst).toBeGreaterThan(1e-5);
  });

  test('have a bound that one wrong weight of 576 breaks', () => {
    const graphWith = (isPlus: (i: number) => boolean): Graph => {
      const g = new GraphBuilder();
      g.conv(g.input({ height: 3, width: 3, channels: 64 }), bits([8, 3, 3, 64], isPlus));
      return g.build();
    };
    const random = seededRandom(7);
    const weights = Array.from({ length: 8 * 576 }, () => random() < 0.5);
    const graph = graphWith((i) => weights[i]!);
    const input = Float32Array.from({ length: 576 }, () => (random() < 0.5 ? 1 : -1) * (1 + random()));
    const { maps } = new Reference(graph).record(input);
    const bounds = outputBounds(graph, maps)!;
    for (let tap = 0; tap < 576; tap++) {
      const wrong = new Reference(graphWith((i) => weights[i]! !== (i === tap))).run(input);
      expect(Math.abs(wrong[0]! - maps.at(-1)!.data[0]!)).toBeGreaterThan(bounds[0]!);
    }
  });
});

test('where every bit is fixed there are no bounds', () => {
  const g = new GraphBuilder();
  g.conv(
    g.sign(g.input({ height: 3, width: 3, channels: 8 })),
    bits([8, 3, 3, 8], () => true),
  );
  const graph = g.build();
  expect(outputBounds(graph, new Reference(graph).record(new Float32Array(72)).maps)).toBeUndefined();
});
