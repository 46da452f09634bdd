import { GraphBuilder, type MapShape, OPERATIONS, type Operation, type Value } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { bits, randomFloats, randomSigns, tensor, vector } from '../../../reference/test/graphs.js';
import { seededRandom } from '../../../test/seeded-random.js';
import { runBoth, worstDifference } from './agreement.js';
import { type Domain, RandomGraph } from './random-graphs.js';

const EVERY_OPERATION = Object.keys(OPERATIONS) as Operation[];

/** Inputs a little apart, so that some lie on the threshold, on zero or on negative zero. */
const TIES = vector(-2, -1, -0.5, -0, 0, 0.5, 1, 2);

describe('binary convolutions equal ONNX Runtime float ones, zero pads included', () => {
  const cases = [1, 3, 5].flatMap((kernel) =>
    [1, 2, 3].flatMap((stride) =>
      [1, 2].flatMap((dilation) =>
        [
          { groups: 1, channels: 3 },
          { groups: 1, channels: 32 },
          { groups: 1, channels: 33 },
          { groups: 2, channels: 6 },
          { groups: 2, channels: 34 },
          { groups: 4, channels: 12 },
          { groups: 4, channels: 64 },
        ].map((sizes) => ({ kernel, stride, dilation, ...sizes })),
      ),
    ),
  );

  test.each(cases)(
    'kernel $kernel, stride $stride, dilation $dilation, $channels channels in $groups groups',
    async (at) => {
      const { kernel, stride, dilation, groups, channels } = at;
      const next = seededRandom(kernel * 1000 + stride * 100 + dilation * 10 + channels);
      const filters = groups * 3;
      const g = new GraphBuilder();
      const x = g.input({ height: 9, width: 10, channels });
      const weights = randomSigns(filters * kernel * kernel * (channels / groups), next);
      const pad = Math.floor(kernel / 2) * dilation;
      g.conv(g.sign(x), bits([filters, kernel, kernel, channels / groups], weights), { stride, dilation, groups, pad });
      const { expected, got } = await runBoth(g.build(), randomFloats(90 * channels, next));
      expect(worstDifference(expected, got)).toBe(0);
    },
  );
});

describe('sums that a sign depends on, exported as exact, equal the reference’s to the last bit', () => {
  const convolutions = [1, 3, 7].flatMap((kernel) =>
    [1, 2].flatMap((stride) =>
      [1, 2].flatMap((dilation) =>
        [
          { channels: 1, groups: 1, filters: 5 },
          { channels: 3, groups: 1, filters: 5 },
          { channels: 8, groups: 1, filters: 5 },
          { channels: 6, groups: 2, filters: 4 },
          { channels: 4, groups: 4, filters: 4 },
          { channels: 4, groups: 4, filters: 8 },
        ].map((sizes) => ({ kernel, stride, dilation, ...sizes })),
      ),
    ),
  );
  test.each(convolutions)(
    'kernel $kernel, stride $stride, dilation $dilation, $channels channels in $groups groups, $filters filters',
    async ({ kernel, stride, dilation, channels, groups, filters }) => {
      const next = seededRandom(kernel * 1000 + stride * 100 + dilation * 10 + channels);
      const weights = tensor(
        [filters, kernel, kernel, channels / groups],
        randomFloats((filters * kernel * kernel * channels) / groups, next),
      );
      const pad = Math.floor(kernel / 2) * dilation;
      await expectEqual({ height: 15, width: 16, channels }, next, (g, x) =>
        g.conv(x, weights, { stride, dilation, pad, groups }),
      );
    },
  );

  const vectorOfMap = { height: 1, width: 1, channels: 300 };
  const map = { height: 9, width: 11, channels: 5 };
  const next = seededRandom(7);
  const others: Readonly<Record<string, readonly [MapShape, (g: GraphBuilder, x: Value) => Value]>> = {
    'a convolution of binary weights with floats': [
      map,
      (g, x) => g.conv(x, bits([4, 3, 3, 5], randomSigns(180, next)), { pad: 1 }),
    ],
    'a linear layer': [vectorOfMap, (g, x) => g.linear(x, tensor([6, 1, 1, 300], randomFloats(1800, next)))],
    'a linear layer of binary weights with floats': [
      vectorOfMap,
      (g, x) => g.linear(x, bits([6, 1, 1, 300], randomSigns(1800, next))),
    ],
    'a mean over a map': [map, (g, x) => g.globalAvgPool(x)],
    'an average pool': [map, (g, x) => g.avgPool(x, 3, { stride: 2 })],
    'an average pool with pads': [map, (g, x) => g.avgPool(x, { height: 3, width: 2 }, { stride: 2, pad: 1 })],
    'an average pool whose pads count': [map, (g, x) => g.avgPool(x, 3, { stride: 1, pad: 1, countPads: true })],
    'an average pool in ceil mode': [map, (g, x) => g.avgPool(x, 2, { stride: 2, ceilMode: true })],
    'an average pool in ceil mode, with pads that count': [
      map,
      (g, x) => g.avgPool(x, { height: 4, width: 3 }, { stride: 3, pad: 1, countPads: true, ceilMode: true }),
    ],
  };
  test.each(Object.entries(others))('%s', async (_, [shape, build]) => {
    await expectEqual(shape, next, build);
  });

  test('a convolution of whole numbers whose sums are above 2^24', async () => {
    const g = new GraphBuilder();
    const recipe = { channelOrder: 'rgb', divisor: 1, mean: [100, 0, 7], std: [1, 1, 1] } as const;
    const values = Int16Array.from({ length: 54 }, (_, i) => 32767 - 13 * i);
    const weights = { dtype: 'i16', shape: [2, 3, 3, 3], data: new Uint8Array(values.buffer) } as const;
    const sums = g.conv(g.input({ height: 6, width: 5, channels: 3 }, recipe), weights, { pad: 1 });
    g.concat(sums, g.sign(sums));
    const pixels = Float32Array.from({ length: 90 }, (_, i) => ((i * 89) % 256) - recipe.mean[i % 3]!);
    const { expected, got } = await runBoth(g.build(), pixels, { isExact: true });
    expect(Math.max(...expected)).toBeGreaterThan(2 ** 24);
    expect(got).toEqual(expected);
  });

  /** Both give the sums themselves, and signs of them. */
  async function expectEqual(
    shape: MapShape,
    random: () => number,
    build: (g: GraphBuilder, x: Value) => Value,
  ): Promise<void> {
    const g = new GraphBuilder();
    const sums = build(g, g.input(shape));
    g.concat(sums, g.sign(sums));
    const input = randomFloats(shape.height * shape.width * shape.channels, random);
    const { expected, got } = await runBoth(g.build(), input, { isExact: true });
    expect(got).toEqual(expected);
  }
});

describe('an operation of its own agrees with ONNX Runtime', () => {
  const shape = { height: 5, width: 4, channels: 3 };
  const exactly: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
    'maxPool with pads in ceil mode': (g, x) => g.maxPool(x, 3, { stride: 2, pad: 1, ceilMode: true }),
    'maxPool whose last window is dropped': (g, x) => g.maxPool(x, 2, { stride: 4, pad: 1, ceilMode: true }),
    'avgPool with counted pads': (g, x) => g.avgPool(x, 2, { pad: 1, countPads: true }),
    'avgPool in ceil mode, without pads': (g, x) => g.avgPool(x, 2, { ceilMode: true }),
    'avgPool in ceil mode, beyond pads that count': (g, x) =>
      g.avgPool(
        x,
        { height: 4, width: 2 },
        { stride: 3, pad: { top: 0, left: 1, bottom: 1, right: 0 }, ceilMode: true },
      ),
    'prelu as PRelu': (g, x) => g.prelu(x, vector(0.5, -1, 2)),
    'prelu of two slopes': (g, x) => g.prelu(x, vector(0.5, -1, 2), vector(2, 0.25, -1)),
    'clip without a lower limit': (g, x) => g.clip(x, Number.NEGATIVE_INFINITY, 0.5),
    'clip without limits': (g, x) => g.clip(x, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    'conv with a pad on each side of its own': (g, x) =>
      g.conv(x, tensor([1, 2, 1, 3], [1, 2, 3, 4, 5, 6]), { pad: { top: 2, left: 0, bottom: 1, right: 3 } }),
    'conv of one pixel': (g, x) =>
      g.conv(g.maxPool(x, { height: 5, width: 4 }), tensor([2, 1, 1, 3], [1, 2, 3, 4, 5, 6])),
    'flatten, then linear': (g, x) =>
      g.linear(
        g.flatten(x),
        tensor(
          [1, 1, 1, 60],
          Array.from({ length: 60 }, (_, i) => i),
        ),
      ),
    'sliceSpatial to one pixel, then concat of vectors': (g, x) => {
      const pixel = g.sliceSpatial(x, 9, { height: 1, width: 2 });
      return g.concat(pixel, g.padChannels(pixel, 1, 2), g.sliceSpatial(pixel, 1));
    },
    'a map as output': (g, x) =>
      g.borderBias(
        x,
        tensor(
          [1, 3, 2, 3],
          Array.from({ length: 18 }, (_, i) => i),
        ),
        1,
        0,
      ),
  };
  test.each(Object.entries(exactly))('%s, exactly', async (_, build) => {
    const g = new GraphBuilder();
    build(g, g.input(shape));
    const input = Float32Array.from({ length: 60 }, (_, i) => TIES[(i * 5) % TIES.length]!);
    const { expected, got } = await runBoth(g.build(), input);
    expect(worstDifference(expected, got)).toBe(0);
  });

  test.each(['plus', 'minus', 'zero'] as const)('sign with zero rule %s, ties included', async (zeroRule) => {
    for (const threshold of [undefined, TIES, vector(-0, 0, 1, 0, -0, 0.5, 2, 1)]) {
      const g = new GraphBuilder();
      g.sign(g.input({ height: 1, width: 1, channels: 8 }), { zeroRule, ...(threshold && { threshold }) });
      const { expected, got } = await runBoth(g.build(), TIES);
      expect(worstDifference(expected, got)).toBe(0);
    }
  });

  test('a graph of an input alone', async () => {
    const g = new GraphBuilder();
    g.input({ height: 1, width: 1, channels: 8 });
    const { expected, got } = await runBoth(g.build(), TIES);
    expect(got).toEqual(expected);
  });
});

describe('random graphs agree with ONNX Runtime', () => {
  const seen = new Set<Operation>();
  const seeds = Array.from({ length: 120 }, (_, i) => i + 1);
  const cases = (['exact', 'float'] as const satisfies Domain[]).flatMap((domain) =>
    seeds.map((seed) => ({ domain, seed })),
  );

  test.each(cases)('$domain, seed $seed', async ({ domain, seed }) => {
    const { graph, input, operations } = new RandomGraph(seed, domain);
    for (const op of operations) seen.add(op);
    const { expected, got } = await runBoth(graph, input);
    expect(worstDifference(expected, got)).toBeLessThanOrEqual(domain === 'exact' ? 0 : 1e-4);
  });

  test('and have every operation', () => {
    expect([...seen].sort()).toEqual([...EVERY_OPERATION].sort());
  });
});
