import { f32Tensor, type Graph, GraphBuilder, type Tensor, type TensorShape } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { makePlan } from '../src/plan/make-plan.js';
import { PoisonedExecutable } from './poison.js';
import { randomBits, seededRandom } from './random-graph.js';

const RECIPE = { channelOrder: 'rgb', divisor: 1, mean: [124, 116, 104], std: [1, 1, 1] } as const;
const SIZE = { height: 9, width: 11, channels: 3 };
const TEN_BITS = 1023;

function i16Tensor(shape: TensorShape, weightAt: (index: number) => number): Tensor {
  const count = shape[0] * shape[1] * shape[2] * shape[3];
  const values = Int16Array.from({ length: count }, (_, i) => weightAt(i));
  return { dtype: 'i16', shape, data: new Uint8Array(values.buffer) };
}

interface Stem {
  readonly kernel: number;
  readonly stride: number;
  readonly groups?: number;
  readonly dilation?: number;
}

/** A graph of an integer stem and a binary convolution, because of which the stem works on planes. */
function stemGraph({ kernel, stride, groups = 1, dilation = 1 }: Stem, weightAt: (index: number) => number): Graph {
  const random = seededRandom(kernel * 10 + stride);
  const g = new GraphBuilder();
  const filters = 6;
  const weights = i16Tensor([filters, kernel, kernel, 3 / groups], weightAt);
  const pad = Math.floor((dilation * (kernel - 1) + 1) / 2);
  let x = g.conv(g.input(SIZE, RECIPE), weights, { stride, pad, groups, dilation });
  x = g.affine(x, new Float32Array(filters).fill(1e-4), new Float32Array(filters).fill(0.1));
  // The contribution of the means at the border.
  const { height, width } = g.shapeOf(x);
  const classes = [1, Math.min(3, height), Math.min(3, width), filters] as const;
  const bias = Float32Array.from({ length: classes[1] * classes[2] * filters }, () => random() - 0.5);
  x = g.hardtanh(g.borderBias(x, f32Tensor(classes, bias), 1, 1));
  g.add(g.conv(g.sign(x), randomBits(random, [filters, 3, 3, filters]), { pad: 1 }), x);
  return g.build();
}

/** @param threads for which steps are divided. One executes the parts, last first, which shows whether a part depends on another. */
async function run(
  graph: Graph,
  kernels: 'simd' | 'xnor' | 'scalar',
  input: Uint8Array | Float32Array,
  threads: number = 1,
) {
  const engine = await createEngine(kernels === 'scalar' ? 'scalar' : 'simd');
  const binaryKernels = kernels === 'simd' ? 'lut' : 'xnor';
  const plan = makePlan(graph, engine.simd, { binaryKernels, threads, minSharedElements: 1 });
  const steps = plan.steps.map((step) => ({ ...step, whole: [...step.parts].reverse() }));
  const executable = new PoisonedExecutable({ ...plan, steps }, engine);
  executable.setInput(input);
  executable.execute();
  return { output: executable.output(), kernels: executable.plan.steps.map(({ kernel }) => kernel) };
}

const STEMS: Stem[] = [
  { kernel: 7, stride: 2 },
  { kernel: 3, stride: 1 },
  { kernel: 4, stride: 2 },
  { kernel: 2, stride: 1 },
  { kernel: 1, stride: 1 },
  { kernel: 5, stride: 1, groups: 3 },
  { kernel: 3, stride: 3 },
  { kernel: 3, stride: 1, dilation: 2 },
];

describe('an integer convolution has the sums of the reference', () => {
  test.each(STEMS)('%j', async (stem) => {
    const random = seededRandom(3);
    const graph = stemGraph(stem, () => Math.floor(random() * 65_535) - 32_767);
    const bytes = Uint8Array.from({ length: 9 * 11 * 3 }, () => Math.floor(random() * 256));
    const expected = new Reference(graph).run(bytes);
    for (const kernels of ['simd', 'xnor', 'scalar'] as const) {
      for (const threads of [1, 2, 3])
        expect((await run(graph, kernels, bytes, threads)).output, `${kernels}, ${threads}`).toEqual(expected);
    }
  });

  test('where floats are given: they are rounded to whole numbers, ties to even, and clamped, and NaN is 0', async () => {
    const graph = stemGraph({ kernel: 3, stride: 1 }, (i) => (i % 2 ? 3 : -5));
    const values = [0.5, 1.5, -0.5, -1.5, 2.49, -2.51, 255.4, 256, 1e9, -1e9, 0, Number.NaN, 1 / 0, -1 / 0];
    const floats = Float32Array.from({ length: 9 * 11 * 3 }, (_, i) => values[i % values.length]!);
    const expected = new Reference(graph).run(floats);
    for (const kernels of ['simd', 'xnor', 'scalar'] as const) {
      expect((await run(graph, kernels, floats)).output, kernels).toEqual(expected);
    }
  });

  test('at the largest sums that fit 32 bits, and beyond them without pairs', async () => {
    const bytes = new Uint8Array(9 * 11 * 3).fill(255);
    for (const [value, kernel] of [
      [32_767, 'convPairs'],
      [-32_768, 'convPairs'],
    ] as const) {
      const graph = stemGraph({ kernel: 7, stride: 2 }, () => value);
      const { output, kernels } = await run(graph, 'simd', bytes);
      expect(kernels).toContain(kernel);
      expect(output).toEqual(new Reference(graph).run(bytes));
    }
    // 11 x 11 x 3 taps of 32,767 times 255 pass 2^31.
    const graph = stemGraph({ kernel: 11, stride: 1 }, () => 32_767);
    const { output, kernels } = await run(graph, 'simd', bytes);
    expect(kernels).toContain('convInteger');
    expect(output).toEqual(new Reference(graph).run(bytes));
  });
});

test('floats of a fractional recipe are convolved as floats', () => {
  const g = new GraphBuilder();
  const x = g.input(SIZE, { ...RECIPE, divisor: 255 });
  g.conv(
    x,
    i16Tensor([2, 3, 3, 3], (i) => i & TEN_BITS),
  );
  expect(makePlan(g.build(), true).steps.map(({ kernel }) => kernel)).toContain('convFloat');
});
