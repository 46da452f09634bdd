import { type Graph, GraphBuilder, type Value } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import type { ConvRecord, LutConvRecord } from '../src/kernels/generated/records.js';
import { makePlan, type PlanOptions } from '../src/plan/make-plan.js';
import type { Plan } from '../src/plan/plan.js';
import { affine, borderBias, denseBlock, larqBlock } from './fused-graphs.js';
import { PoisonedExecutable } from './poison.js';
import { randomBits, randomFloats, randomTensor, seededRandom } from './random-graph.js';

/** The kernels of binary convolutions: the scalar build, or the SIMD build with counted bits or tables. */
const KERNELS = ['scalar', 'xnor', 'lut'] as const;

function planOf(graph: Graph, kernels: (typeof KERNELS)[number], more: PlanOptions = {}): Plan {
  const options = { ...more, minSharedElements: 1 };
  return makePlan(graph, kernels !== 'scalar', kernels === 'scalar' ? options : { ...options, binaryKernels: kernels });
}

/** The names of a plan's kernels, and the operations of the nodes that each executes. */
function stepsOf(plan: Plan): string[] {
  return plan.steps.map(({ kernel, nodes }) => `${kernel}: ${nodes.map((it) => plan.graph.nodes[it]!.op).join(' ')}`);
}

async function expectReference(graph: Graph, plan: Plan, label: string): Promise<void> {
  const { height, width, channels } = plan.shapes[0]!;
  const input = randomFloats(seededRandom(3), height * width * channels, 2);
  const steps = plan.steps.map((step) => ({ ...step, whole: [...step.parts].reverse() }));
  const executable = new PoisonedExecutable({ ...plan, steps }, await createEngine(plan.simd ? 'simd' : 'scalar'));
  executable.setInput(input);
  executable.execute();
  expect(executable.output(), label).toEqual(new Reference(graph).run(input));
}

describe.each(KERNELS)('%s kernels', (kernels) => {
  test('take a block of Larq Compute Engine in one step', () => {
    const steps = stepsOf(planOf(larqBlock({ height: 9, width: 7 }), kernels));
    const conv = kernels === 'lut' ? 'convLut' : 'convBits';
    expect(steps).toContain(`${conv}: conv borderBias clip affine borderBias add sign`);
    expect(steps.some((step) => step.includes(': borderBias') || step.includes(': clip'))).toBe(false);
  });

  test('compute it as the reference does, on maps of every shape, by 1, 2 and 3 threads', async () => {
    const sizes = [
      [1, 2],
      [2, 1],
      [2, 2],
      [3, 5],
      [4, 3],
      [5, 15],
      [9, 16],
      [23, 17],
      [7, 60],
    ] as const;
    for (const [height, width] of sizes) {
      for (const stride of [1, 2]) {
        for (const threads of kernels === 'scalar' ? [1] : [1, 2, 3]) {
          const graph = larqBlock({ height, width }, stride);
          await expectReference(graph, planOf(graph, kernels, { threads }), `${height} x ${width}, stride ${stride}`);
        }
      }
    }
  });

  test('take a bound of the sums and their bias into integer thresholds, where tables add nothing at the border', async () => {
    const random = seededRandom(8);
    const g = new GraphBuilder();
    const x = g.input({ height: 5, width: 6, channels: 4 });
    const layer = (value: Value) => g.conv(g.sign(value), randomBits(random, [4, 3, 3, 4]), { pad: 1 });
    const y = affine(g, g.clip(layer(x), 2, Number.POSITIVE_INFINITY), random);
    layer(affine(g, g.relu(borderBias(g, layer(y), random)), random));
    const plan = planOf(g.build(), kernels);
    const thresholds = plan.steps
      .filter(({ kernel }) => kernel === 'convBits' || kernel === 'convLut')
      .map(({ parts }) => (parts[0] as ConvRecord | LutConvRecord).epilogue.sumThresholds !== undefined);
    expect(thresholds).toEqual([true, kernels !== 'lut', false]);
    await expectReference(plan.graph, plan, 'thresholds');
  });

  test('take a border bias of floats into a chain without a convolution', async () => {
    const random = seededRandom(9);
    const g = new GraphBuilder();
    const x = g.input({ height: 6, width: 20, channels: 4 });
    const y = g.hardtanh(borderBias(g, affine(g, g.maxPool(x, 2), random), random, (it) => it));
    g.add(g.conv(g.sign(y), randomBits(random, [4, 3, 3, 4]), { pad: 1 }), y);
    const plan = planOf(g.build(), kernels);
    expect(stepsOf(plan)).toContain(`elementwise${kernels === 'lut' ? 'Planes' : ''}: affine borderBias clip sign`);
    await expectReference(plan.graph, plan, 'a chain');
  });
});

test('a clip with an upper bound, or with a bound whose half is no float, stays behind the sums', () => {
  for (const [lo, hi] of [
    [0, 6],
    [2 ** -149, Number.POSITIVE_INFINITY],
  ] as const) {
    const random = seededRandom(1);
    const g = new GraphBuilder();
    const sums = g.conv(g.sign(g.input({ height: 4, width: 4, channels: 4 })), randomBits(random, [4, 3, 3, 4]), {
      pad: 1,
    });
    affine(g, g.clip(sums, lo, hi), random);
    expect(stepsOf(planOf(g.build(), 'lut'))).toContain('convLut: conv clip');
  }
});

describe('a concat between convolutions by tables', () => {
  test('copies nothing but what is joined a second time', () => {
    const steps = stepsOf(planOf(denseBlock(), 'lut'));
    expect(steps.filter((step) => step.includes('concat'))).toEqual(['copyFloatPlanes: concat']);
    expect(steps.filter((step) => /ToPlanes|ToPixels/.test(step))).toEqual(['planesToPixels: ']);
  });

  test.each([1, 2, 3])('gives the outputs, in %i threads', async (threads) => {
    const graph = denseBlock();
    await expectReference(graph, planOf(graph, 'lut', { threads }), 'dense');
  });

  test('doesn’t let a map overwrite one that lies elsewhere in a map of the same size', async () => {
    const random = seededRandom(6);
    const g = new GraphBuilder();
    const x = g.maxPool(g.input({ height: 6, width: 6, channels: 4 }), 1);
    const y = affine(g, x, random);
    const joined = g.concat(y, affine(g, x, random));
    const layer = (value: Value, channels: number) =>
      g.conv(g.sign(value), randomBits(random, [4, 3, 3, channels]), { pad: 1 });
    const sums = layer(joined, 8);
    // Its addend begins with the first channel of a map that nobody reads later, and itself it begins with the third of another.
    const z = g.add(affine(g, sums, random), y);
    const two = () => g.conv(z, randomTensor(random, [2, 1, 1, 4]));
    g.concat(two(), z, two());
    const plan = planOf(g.build(), 'lut');
    await expectReference(plan.graph, plan, 'overlapping maps');
  });
});
