import {
  f32Tensor,
  GraphBuilder,
  halfToFloat,
  type InputRecipe,
  type SignwaveError,
  tensorValues,
} from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { floatToHalf } from '../src/passes/half.js';
import { integerStem } from '../src/passes/integer-stem.js';
import { smallerWeightsOf, withSmallerWeights } from '../src/passes/smaller-weights.js';
import { seededInts } from './checkpoints/build.js';

describe('binary16', () => {
  test('is what it was, for all 63,488 finite numbers', () => {
    for (let half = 0; half < 0x10000; half++) {
      if ((half & 0x7c00) !== 0x7c00) expect(floatToHalf(halfToFloat(half))).toBe(half);
    }
  });

  test.each([
    ['halfway, to the even one below', 1 + 2 ** -11, 1],
    ['halfway, to the even one above', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['up into the next power of two', 2 - 2 ** -12, 2],
    ['halfway of the subnormals', 1.5 * 2 ** -24, 2 * 2 ** -24],
    ['below half of the least one, to 0', 2 ** -26, 0],
    ['the largest', 65_519, 65_504],
    ['beyond it', 65_520, Infinity],
  ])('is rounded %s', (_what, value, expected) => {
    expect(halfToFloat(floatToHalf(value))).toBe(expected);
    expect(halfToFloat(floatToHalf(-value))).toBe(-expected);
  });
});

test('what isn’t stored smaller stays as it is, affines behind affines too: their roundings may be the network’s own', () => {
  const g = new GraphBuilder();
  const x = g.input({ height: 1, width: 1, channels: 1 });
  g.affine(g.affine(x, Float32Array.of(0.1)), Float32Array.of(0.3));
  const graph = g.build();
  expect(withSmallerWeights(graph, {})).toEqual(graph);
});

describe('weights stored smaller', () => {
  const random = seededInts(7);
  const floats = (n: number): Float32Array => Float32Array.from({ length: n }, () => random(2001) / 1000 - 1);

  /** Stem, a binary convolution with a float 1 x 1 shortcut, classifier. */
  function network(recipe?: InputRecipe) {
    const g = new GraphBuilder();
    const x = g.input({ height: 8, width: 8, channels: 3 }, recipe);
    const stem = g.affine(
      g.conv(x, f32Tensor([4, 3, 3, 3], floats(108)), { pad: 1, name: 'stem' }),
      floats(4),
      floats(4),
    );
    const bits = { dtype: 'bits', shape: [8, 3, 3, 4], data: new Uint8Array(36).map(() => random(256)) } as const;
    const binary = g.affine(g.conv(g.sign(stem), bits, { pad: 1, stride: 2 }), floats(8), floats(8));
    const shortcut = g.conv(stem, f32Tensor([8, 1, 1, 4], floats(32)), { stride: 2 });
    const features = g.globalAvgPool(g.add(binary, shortcut));
    g.affine(g.linear(features, f32Tensor([5, 1, 1, 8], floats(40))), new Float32Array(5).fill(1), floats(5));
    return g.build();
  }

  test.each([
    ['head', 'f16', 1e-3],
    ['head', 'i8', 0.02],
    ['downsample', 'f16', 1e-3],
    ['downsample', 'i8', 0.05],
  ] as const)('%s as %s stays near', (group, type, tolerance) => {
    const graph = network();
    const smaller = withSmallerWeights(graph, { [group]: type });
    expect(smallerWeightsOf(graph)).toEqual({});
    expect(smallerWeightsOf(smaller)).toEqual({ [group]: type });
    const image = floats(192);
    const expected = new Reference(graph).run(image);
    const found = new Reference(smaller).run(image);
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(tolerance);
  });

  test('in i8 use all of its range, one scale for each filter, folded into the affine that follows', () => {
    const graph = network();
    const smaller = withSmallerWeights(graph, { stem: 'i8' });
    expect(smaller.nodes).toHaveLength(graph.nodes.length);
    const node = smaller.nodes[1]!;
    if (node.op !== 'conv') return expect.fail('no convolution');
    const values = tensorValues(smaller.tensors[node.weights]!);
    for (let o = 0; o < 4; o++) {
      const filter = values.subarray(o * 27, (o + 1) * 27);
      expect(Math.max(...filter.map(Math.abs))).toBe(127);
    }
  });

  test('come before the integer stem, and a graph says all that was asked for', () => {
    const recipe = { channelOrder: 'rgb', divisor: 255, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] } as const;
    const graph = network(recipe);
    const choice = { stem: 'i16', head: 'i8', downsample: 'f16' } as const;
    const smaller = withSmallerWeights(graph, choice);
    expect(smallerWeightsOf(smaller)).toEqual(choice);
    expect(smaller).toEqual(integerStem(withSmallerWeights(graph, { head: 'i8', downsample: 'f16' })));
  });

  test('of a group that the network doesn’t have are refused', () => {
    const g = new GraphBuilder();
    g.linear(g.input({ height: 1, width: 1, channels: 8 }), f32Tensor([5, 1, 1, 8], floats(40)));
    expect(() => withSmallerWeights(g.build(), { stem: 'i8' })).toThrow(
      expect.objectContaining<Partial<SignwaveError>>({ code: 'E_USAGE', message: expect.stringContaining('"stem"') }),
    );
  });
});
