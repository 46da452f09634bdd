import {
  f32Tensor,
  type Graph,
  GraphBuilder,
  packBits,
  type Tensor,
  tensorElements,
  type Value,
} from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { keepSourceTies, type SourceTie, withSourceRule } from '../src/passes/source-ties.js';

const INPUT = { height: 6, width: 6, channels: 3 };
const vector = (...values: number[]): Float32Array => Float32Array.from(values);

/** Bits (outer, side, side, inner) that follow no pattern. */
function bits(outer: number, side: number, inner: number): Tensor {
  const shape = [outer, side, side, inner] as const;
  return { dtype: 'bits', shape, data: packBits(tensorElements(shape), (i) => Math.sin(i * 12.9898 + 1) > 0) };
}

function floats(outer: number, inner: number): Tensor {
  return f32Tensor(
    [outer, 1, 1, inner],
    Float32Array.from({ length: outer * inner }, (_, i) => Math.sin(i * 78.233)),
  );
}

function graphOf(build: (g: GraphBuilder, x: Value) => void): Graph {
  const g = new GraphBuilder();
  build(g, g.input(INPUT));
  return g.build();
}

/** Scale and bias of a batch norm of 3 channels, some of them dead: gamma and beta of 0. */
const dead = (g: GraphBuilder, x: Value, ...channels: number[]): Value =>
  g.affine(
    x,
    vector(1.5, -0.5, 2).map((value, c) => (channels.includes(c) ? 0 : value)),
    vector(0.1, 0.2, -0.3).map((value, c) => (channels.includes(c) ? 0 : value)),
  );

/** A map of 3 channels that takes values between its clips, and those. */
const clipped = (g: GraphBuilder, x: Value): Value => g.hardtanh(g.conv(x, floats(3, 3)));

describe('a sign whose input is at its threshold again and again has the source’s sign(0) = 0', () => {
  test.each<[string, Omit<SourceTie, 'layer'>[], (g: GraphBuilder, x: Value) => void]>([
    [
      'in a dead channel',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => g.conv(g.sign(dead(g, x, 1)), bits(5, 3, 3), { pad: 1 }),
    ],
    [
      'in two, which cancel',
      [{ constant: 2, frequent: 0, kept: 'folded' }],
      (g, x) => g.conv(g.sign(dead(g, x, 0, 2)), bits(5, 3, 3), { pad: 1 }),
    ],
    [
      'in all',
      [{ constant: 3, frequent: 0, kept: 'folded' }],
      (g, x) => g.conv(g.sign(dead(g, x, 0, 1, 2)), bits(5, 3, 3), { pad: 1 }),
    ],
    [
      'with a stride, a dilation and pads of many sizes',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const pads = { top: 2, left: 0, bottom: 1, right: 3 };
        g.conv(g.sign(dead(g, x, 2)), bits(4, 3, 3), { pad: pads, stride: 2, dilation: { height: 2, width: 1 } });
      },
    ],
    [
      'with a kernel as large as the map',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => g.conv(g.sign(dead(g, x, 2)), bits(4, 5, 3), { pad: 2, stride: 3 }),
    ],
    [
      'with a kernel of one pixel',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => g.conv(g.sign(dead(g, x, 0)), bits(4, 1, 3)),
    ],
    [
      'with groups',
      [{ constant: 3, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const signs = g.sign(g.concat(dead(g, x, 0, 1), dead(g, x, 2)));
        g.conv(signs, bits(4, 3, 3), { pad: 1, groups: 2 });
      },
    ],
    [
      'before a linear layer',
      [{ constant: 36, frequent: 0, kept: 'folded' }],
      (g, x) => g.linear(g.sign(g.flatten(dead(g, x, 1))), bits(4, 1, 108)),
    ],
    [
      'at another threshold',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const affine = g.affine(x, vector(0, 1, 1), vector(0.5, 0, 0));
        g.conv(g.sign(affine, { threshold: vector(0.5, 0.1, 0) }), bits(4, 3, 3), { pad: 1 });
      },
    ],
    [
      'where a ReLU makes a negative constant 0',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const negative = g.relu(g.affine(x, vector(0, 1, 1), vector(-1, 3, 3)));
        g.conv(g.sign(g.affine(negative, vector(1, 1, 1), vector(0, -3, -3))), bits(4, 3, 3), { pad: 1 });
      },
    ],
    [
      'for two layers that read it',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const signs = g.sign(dead(g, x, 1));
        g.add(g.conv(signs, bits(4, 3, 3), { pad: 1 }), g.conv(signs, bits(4, 1, 3)));
      },
    ],
    [
      'where a filter has only zeros',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const filters = f32Tensor([2, 1, 1, 3], vector(0, 0, 0, 0.3, -0.2, 0.1));
        g.conv(g.sign(g.hardtanh(g.conv(x, filters))), bits(4, 3, 2), { pad: 1 });
      },
    ],
    [
      'where a shortcut adds padded channels to a dead one',
      [{ constant: 1, frequent: 0, kept: 'folded' }],
      (g, x) => {
        const shortcut = g.padChannels(clipped(g, x), 1, 2);
        const scale = vector(0, 1, 1, 1, 1, 1);
        g.conv(g.sign(g.add(shortcut, g.affine(g.concat(x, x), scale))), bits(4, 3, 6), { pad: 1 });
      },
    ],
    [
      'in means of clipped values beside dead ones',
      [{ constant: 0, frequent: 2, cause: 'mean', kept: 'twice' }],
      (g, x) => {
        const mean = g.avgPool(clipped(g, x), 2);
        g.conv(g.sign(g.add(mean, dead(g, g.maxPool(x, 2), 0, 2))), bits(4, 3, 3), { pad: 1 });
      },
    ],
    [
      'in means and in a constant of the same map',
      [{ constant: 1, frequent: 3, cause: 'mean', kept: 'twice' }],
      (g, x) => g.conv(g.sign(g.padChannels(g.avgPool(clipped(g, x), 2), 1, 0)), bits(4, 3, 4), { pad: 1 }),
    ],
    [
      'behind a ReLU',
      [{ constant: 0, frequent: 3, cause: 'clip', kept: 'twice' }],
      (g, x) => g.conv(g.sign(g.relu(clipped(g, x))), bits(4, 3, 3), { pad: 1 }),
    ],
    [
      'behind sums of signs',
      [{ constant: 0, frequent: 5, cause: 'sum', kept: 'twice' }],
      (g, x) => {
        const sums = g.conv(g.sign(x), bits(5, 2, 3));
        g.linear(g.sign(g.flatten(g.sliceSpatial(sums, 5))), bits(4, 1, 5));
      },
    ],
    [
      'where floats read it',
      [{ constant: 1, frequent: 0, kept: 'threeValued' }],
      (g, x) => g.conv(g.sign(dead(g, x, 1)), floats(2, 3)),
    ],
    ['at the end', [{ constant: 1, frequent: 0, kept: 'threeValued' }], (g, x) => g.sign(dead(g, x, 1))],
    [
      'not for gamma of 0 alone',
      [],
      (g, x) => g.conv(g.sign(g.affine(x, vector(0, 1, 1), vector(1, 1, 1))), bits(4, 3, 3)),
    ],
    ['not for beta of 0 alone', [], (g, x) => g.conv(g.sign(g.affine(x, vector(1, 1, 1))), bits(4, 3, 3))],
    [
      'not where a shortcut adds what varies',
      [],
      (g, x) => g.conv(g.sign(g.hardtanh(g.add(clipped(g, x), dead(g, x, 0, 1, 2)))), bits(4, 3, 3)),
    ],
  ])('%s', (_what, expected, build) => {
    const graph = graphOf(build);
    const { graph: kept, ties } = keepSourceTies(graph);
    expect(ties).toEqual(expected.map((tie) => ({ ...tie, layer: expect.any(String) })));
    if (expected.length === 0) expect(kept).toBe(graph);
    const source = new Reference(withSourceRule(graph));
    const packed = new Reference(kept);
    for (let n = 0; n < 3; n++) {
      // Large enough that clips are reached, so that means of their ends are 0 now and then.
      const image = Float32Array.from({ length: 108 }, (_, i) => 8 * Math.sin(i * 3.7 + n * 11 + 0.1));
      expect(packed.run(image)).toEqual(source.run(image));
    }
  });

  test('and no constant at the border where dead channels come in pairs', () => {
    const ops = (...channels: number[]) =>
      keepSourceTies(
        graphOf((g, x) => g.conv(g.sign(dead(g, x, ...channels)), bits(4, 3, 3), { pad: 1 })),
      ).graph.nodes.map(({ op }) => op);
    expect(ops(0, 2)).toEqual(['input', 'affine', 'sign', 'conv']);
    expect(ops(0)).toEqual(['input', 'affine', 'sign', 'conv', 'borderBias']);
  });

  test('of the bytes of an image, where a mean of 0 leaves black pixels 0', () => {
    const recipe = (mean: number) => ({ channelOrder: 'gray', divisor: 255, mean: [mean], std: [1] }) as const;
    const ties = (mean: number) => {
      const g = new GraphBuilder();
      g.conv(g.sign(g.input({ height: 4, width: 4, channels: 1 }, recipe(mean))), bits(2, 3, 1));
      return keepSourceTies(g.build()).ties;
    };
    expect(ties(0)).toMatchObject([{ kept: 'twice', cause: 'bytes' }]);
    expect(ties(0.5)).toEqual([]);
  });

  test('but not where the source has another rule', () => {
    const graph = graphOf((g, x) => g.conv(g.sign(dead(g, x, 1), { sourceZeroRule: 'plus' }), bits(4, 3, 3)));
    expect(keepSourceTies(graph)).toEqual({ graph, ties: [] });
  });
});
