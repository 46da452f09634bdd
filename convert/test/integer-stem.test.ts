import {
  f32Tensor,
  type Graph,
  GraphBuilder,
  type InputNode,
  type InputRecipe,
  type SignwaveError,
} from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { integerStem } from '../src/passes/integer-stem.js';

const RECIPE = { channelOrder: 'rgb', divisor: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

function stemGraph(recipe: InputRecipe | undefined = RECIPE, pad = 1): Graph {
  const weights = Float32Array.from({ length: 4 * 3 * 3 * 3 }, (_, i) => Math.sin(i * 12.9898) / 3);
  const g = new GraphBuilder();
  const x = g.input({ height: 8, width: 8, channels: 3 }, recipe);
  const sums = g.conv(x, f32Tensor([4, 3, 3, 3], weights), { pad, stride: 2 });
  const norm = g.affine(sums, Float32Array.of(1, -0.5, 2, 0), Float32Array.of(0.1, 0, -1, 3));
  g.clip(norm, -50, 50);
  return g.build();
}

function withoutRecipe(graph: Graph): Graph {
  const { recipe: _, ...input } = graph.nodes[0] as InputNode;
  return { ...graph, nodes: [input, ...graph.nodes.slice(1)] };
}

describe('a 16-bit stem', () => {
  test('gives the outputs of the float stem but for the roundings of weights', () => {
    const graph = stemGraph();
    const bytes = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 89) & 255);
    const floats = new Reference(graph).run(bytes);
    const integers = new Reference(integerStem(graph)).run(bytes);
    const largest = Math.max(...floats.map(Math.abs));
    const difference = Math.max(...floats.map((value, i) => Math.abs(value - integers[i]!)));
    // 2^-16 of a weight, at the border as in the middle.
    expect(difference).toBeLessThan(1e-4 * largest);
    expect(difference).toBeGreaterThan(0);
  });

  test('has a constant for each border class of the map, and none where there are no pads or the means are whole', () => {
    expect(integerStem(stemGraph()).nodes.map(({ op }) => op)).toEqual([
      'input',
      'conv',
      'affine',
      'borderBias',
      'clip',
    ]);
    expect(integerStem(stemGraph(RECIPE, 0)).nodes.map(({ op }) => op)).toEqual(['input', 'conv', 'affine', 'clip']);
    const whole = { ...RECIPE, mean: [0.2, 0.4, 0.6] };
    expect(integerStem(stemGraph(whole)).nodes.map(({ op }) => op)).toEqual(['input', 'conv', 'affine', 'clip']);
  });

  test('has weights of 16 bits and a recipe that leaves bytes whole', () => {
    const { nodes, tensors } = integerStem(stemGraph());
    expect(nodes[0]).toMatchObject({ recipe: { divisor: 1, mean: [124, 116, 104], std: [1, 1, 1] } });
    expect(tensors[0]!.dtype).toBe('i16');
  });

  test('is refused where there are no bytes to convolve', () => {
    try {
      integerStem(withoutRecipe(stemGraph()));
      expect.fail('nothing was thrown');
    } catch (error) {
      expect((error as SignwaveError).code).toBe('E_GRAPH');
    }
  });
});
