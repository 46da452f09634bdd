import { f32Tensor, type Graph, GraphBuilder, type SignwaveError } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { integerStem } from '../src/index.js';

const RECIPE = { channelOrder: 'rgb', divisor: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

function stemGraph(withRecipe = true): Graph {
  const weights = Float32Array.from({ length: 4 * 3 * 3 * 3 }, (_, i) => Math.sin(i * 12.9898) / 3);
  const g = new GraphBuilder();
  const x = g.input({ height: 8, width: 8, channels: 3 }, withRecipe ? RECIPE : undefined);
  const sums = g.conv(x, f32Tensor([4, 3, 3, 3], weights), { pad: 1, stride: 2 });
  g.affine(sums, Float32Array.of(1, -0.5, 2, 0), Float32Array.of(0.1, 0, -1, 3));
  return g.build();
}

describe('a 16-bit stem', () => {
  test('gives the outputs of the float stem but for the roundings of weights and means', () => {
    const graph = stemGraph();
    const bytes = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 89) & 255);
    const floats = new Reference(graph).run(bytes);
    const integers = new Reference(integerStem(graph)).run(bytes);
    const largest = Math.max(...floats.map(Math.abs));
    const difference = Math.max(...floats.map((value, i) => Math.abs(value - integers[i]!)));
    // Half a byte of 255 at pads, 2^-16 of a weight elsewhere.
    expect(difference).toBeLessThan(0.01 * largest);
    expect(difference).toBeGreaterThan(0);
    // Away from the border only the weights' rounding is left.
    const inside = (y: number, x: number, c: number): number => (y * 4 + x) * 4 + c;
    for (const c of [0, 1, 2, 3]) {
      const at = inside(2, 2, c);
      expect(Math.abs(floats[at]! - integers[at]!)).toBeLessThan(1e-3 * largest);
    }
  });

  test('has weights of 16 bits and a recipe that leaves bytes whole', () => {
    const { nodes, tensors } = integerStem(stemGraph());
    expect(nodes[0]).toMatchObject({ recipe: { divisor: 1, mean: [124, 116, 104], std: [1, 1, 1] } });
    expect(tensors[0]!.dtype).toBe('i16');
  });

  test('is refused where there are no bytes to convolve', () => {
    try {
      integerStem(stemGraph(false));
      expect.fail('nothing was thrown');
    } catch (error) {
      expect((error as SignwaveError).code).toBe('E_GRAPH');
    }
  });
});
