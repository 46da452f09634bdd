import { readFileSync } from 'node:fs';
import { type Graph, GraphBuilder, type InputNode, isBinary, readModel } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import type { PlanOptions } from '../src/plan/make-plan.js';
import { differenceFromReference, type Kernels } from './difference-from-reference.js';
import { extremeInput, withExtremes } from './extreme-values.js';
import { pick, randomBits, randomFloats, randomGraph, seededRandom } from './random-graph.js';

const RUNS = Number(process.env.SIGNWAVE_GRAPHS ?? 300);
const TIMEOUT = { timeout: 30_000 + 60 * RUNS };

/** How often NaN and infinity reached a sign and the output. */
interface Met {
  signs: number;
  outputs: number;
}

/** Expects the bits of the reference in front of every binary layer, and its outputs, where NaN equals NaN. */
async function expectEqual(
  graph: Graph,
  input: Float32Array,
  kernels: Kernels,
  label: string,
  met: Met,
  more: PlanOptions = {},
): Promise<void> {
  const { maps } = new Reference(graph).record(input);
  expect(await differenceFromReference(graph, kernels, input, { ...more, maps }), label).toBeUndefined();
  graph.nodes.forEach((node, index) => {
    if (node.op !== 'sign' || !maps[node.inputs[0]!]!.data.some(Number.isNaN)) return;
    if (graph.nodes.some((reader) => reader.inputs[0] === index && isBinary(graph, reader))) met.signs++;
  });
  met.outputs += maps.at(-1)!.data.filter((value) => !Number.isFinite(value)).length;
}

describe.each(['scalar', 'auto', 'xnor', 'lut'] as const)('where sums overflow inside, %s kernels', (kernels) => {
  test(`give the reference's bits and outputs on ${RUNS} random graphs`, TIMEOUT, async () => {
    const met = { signs: 0, outputs: 0 };
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = seededRandom(seed);
      const graph = withExtremes(randomGraph(random), random);
      const { height, width, channels } = graph.nodes[0] as InputNode;
      const input = extremeInput(randomFloats(random, height * width * channels, 2), random, seed % 3 === 0);
      const threads = pick(random, [1, 1, 2]);
      await expectEqual(graph, input, kernels, `seed ${seed}`, met, kernels === 'scalar' ? {} : { threads });
    }
    expect(met.signs).toBeGreaterThan(RUNS / 30);
    expect(met.outputs).toBeGreaterThan(RUNS / 10);
  });
});

test('NaN gives -1 by every rule for ties, as bits and as floats', async () => {
  for (const zeroRule of ['plus', 'minus', 'zero'] as const) {
    const g = new GraphBuilder();
    const x = g.input({ height: 4, width: 16, channels: 8 });
    const infinite = g.affine(x, new Float32Array(8).fill(3e38));
    const signed = g.sign(g.affine(infinite, new Float32Array(8)), { zeroRule });
    const y = g.conv(
      signed,
      randomBits(() => 0, [8, 1, 1, 8]),
    );
    g.concat(y, signed);
    const graph = g.build();
    const input = new Float32Array(512).fill(4);
    expect(new Reference(graph).record(input).maps[3]!.data.every((v) => v === -1)).toBe(true);
    for (const kernels of ['scalar', 'xnor', 'lut'] as const) {
      const met = { signs: 0, outputs: 0 };
      await expectEqual(graph, input, kernels, `${zeroRule}, ${kernels}`, met);
    }
  }
});

test('-0 and +0 lie on the same side of every threshold', async () => {
  for (const [threshold, zeroRule] of [
    [0, 'plus'],
    [-0, 'plus'],
    [0, 'minus'],
    [-0, 'minus'],
    [-0, 'zero'],
  ] as const) {
    const g = new GraphBuilder();
    const x = g.input({ height: 4, width: 16, channels: 8 });
    const signed = g.sign(x, { zeroRule, threshold: new Float32Array(8).fill(threshold) });
    g.conv(
      signed,
      randomBits(() => 0, [8, 1, 1, 8]),
    );
    const graph = g.build();
    const zeros = Float32Array.from({ length: 512 }, (_, i) => (i % 2 === 0 ? 0 : -0));
    const signs = new Reference(graph).record(zeros).maps[1]!.data;
    expect(new Set(signs).size).toBe(1);
    for (const kernels of ['scalar', 'xnor', 'lut'] as const) {
      await expectEqual(graph, zeros, kernels, `${threshold}, ${zeroRule}, ${kernels}`, { signs: 0, outputs: 0 });
    }
  }
});

test('a file whose products of infinity and 0 reach a sign has the bits of the reference', async () => {
  const { graph } = readModel(readFileSync(new URL('../../test/cases/hostile/nan-sign.sgnw', import.meta.url)));
  const { height, width, channels } = graph.nodes[0] as InputNode;
  const met = { signs: 0, outputs: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    const input = randomFloats(seededRandom(seed), height * width * channels, 4);
    for (const kernels of ['scalar', 'auto', 'xnor', 'lut'] as const) {
      await expectEqual(graph, input, kernels, `input ${seed}`, met);
    }
  }
  expect(met.signs).toBeGreaterThan(0);
});
