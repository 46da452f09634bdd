import { readFileSync } from 'node:fs';
import { GraphBuilder, MAX_NODES, type Tensor, type TensorShape, tensorBytes, type Value } from '@signwave/format';
import { expect, test } from 'vitest';
import { load } from '../src/load.js';
import { makePlan } from '../src/plan/make-plan.js';
import { Placement } from '../src/plan/placement.js';
import type { Region } from '../src/plan/region.js';

/** Of this process's work: other processes don't count. */
const secondsSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
const hostile = (name: string) => readFileSync(new URL(`../../test/cases/hostile/${name}.sgnw`, import.meta.url));

test('a kernel of 511 x 511 with pads is planned by its positions, not by positions times taps', async () => {
  const before = process.cpuUsage();
  (await load(hostile('kernel-511-pads'))).dispose();
  expect(secondsSince(before)).toBeLessThan(10);
});

test('500 maps that are joined one after the other are planned in the time of their steps', async () => {
  const before = process.cpuUsage();
  (await load(hostile('concat-500'))).dispose();
  expect(secondsSince(before)).toBeLessThan(10);
});

test.each(['pads-memory', 'softmax-above-2GiB'])(
  'pads that would take gigabytes are refused when the file is opened: %s',
  async (name) => {
    await expect(load(hostile(name))).rejects.toThrow(/padded operand \(40008, 40008, 16\) is above 67108864/);
  },
);

test('a model that needs more than maxMemoryBytes is refused with both numbers', async () => {
  await expect(load(hostile('kernel-511-pads'), { maxMemoryBytes: 1000 })).rejects.toMatchObject({
    code: 'E_ENGINE',
    message: expect.stringMatching(/needs \d+ bytes of memory, at most 1000 are possible/),
  });
});

test('a layer of bits that would take gigabytes as floats is refused before they are made', () => {
  const g = new GraphBuilder();
  const [channels, side] = [65_528, 32];
  const x = g.input({ height: side, width: side, channels });
  g.conv(x, bits([channels, side, side, 1]), { groups: channels });
  const graph = g.build();
  for (const simd of [true, false]) {
    expect(() => makePlan(graph, simd)).toThrow(/needs 2147221504 bytes of memory, at most 1073741824 are/);
  }
});

test('a model that needs more than 32-bit addresses reach is refused', () => {
  const g = new GraphBuilder();
  g.clip(g.input({ height: 4, width: 4, channels: 8 }), -1, 1);
  const plan = makePlan(g.build(), true);
  const huge: Region = { kind: 'map', sizeBytes: 2 ** 32 };
  const larger = {
    ...plan,
    regions: [...plan.regions, huge],
    lifetimes: new Map([...plan.lifetimes, [huge, { first: 0, last: 1 }]]),
  };
  expect(() => new Placement(larger, 0, 1)).toThrow(
    expect.objectContaining({ code: 'E_ENGINE', message: expect.stringMatching(/at most 4294901760 are possible/) }),
  );
});

/** Most nodes that a graph may have, less a few. */
const NODES = MAX_NODES - 10;
const PIXEL = { height: 1, width: 1, channels: 8 };
const bits = (shape: TensorShape): Tensor => ({
  dtype: 'bits',
  shape,
  data: new Uint8Array(tensorBytes('bits', shape)),
});

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const withInput = (g: GraphBuilder, build: (x: Value) => void): void => build(g.input(PIXEL));
/** Gives each value to the next node. */
const chain = (count: number, next: (x: Value, n: number) => Value, first: Value): void => {
  let x = first;
  for (let n = 0; n < count; n++) x = next(x, n);
};

/** One plan takes about a second. Where the time was the square of the nodes, it was 20 to 150 seconds. */
test.each<[string, (g: GraphBuilder) => void]>([
  ['a chain of clips', (g) => chain(NODES, (x, n) => g.clip(x, -n - 1, n + 1), g.input(PIXEL))],
  ['sums with one map', (g) => withInput(g, (x) => chain(NODES - 1, (y) => g.add(y, x), g.clip(x, -1, 1)))],
  ['pools of one map', (g) => withInput(g, (x) => times(NODES, () => g.maxPool(x, 1)))],
  ['clips of one map', (g) => withInput(g, (x) => times(NODES, (n) => g.clip(x, -n - 1, n + 1)))],
  [
    'pools of one map that all live until the end',
    (g) =>
      withInput(g, (x) => {
        const pools = times(NODES / 2, () => g.maxPool(x, 1));
        chain(pools.length, (sum, n) => g.add(sum, pools[n]!), x);
      }),
  ],
  [
    'signs of one map, with a convolution each',
    (g) => {
      const weights = bits([8, 1, 1, 8]);
      withInput(g, (x) => times(NODES / 2, () => g.conv(g.sign(x), weights)));
    },
  ],
  [
    'a chain of binary convolutions',
    (g) => {
      const weights = bits([32, 3, 3, 32]);
      const map = g.input({ height: 8, width: 8, channels: 32 });
      chain(NODES / 2 - 1, (x) => g.conv(g.sign(x), weights, { pad: 1 }), map);
    },
  ],
  [
    'binary convolutions of one sign',
    (g) => {
      const weights = bits([32, 3, 3, 32]);
      const signs = g.sign(g.input({ height: 8, width: 8, channels: 32 }));
      times(NODES, () => g.conv(signs, weights, { pad: 1 }));
    },
  ],
  [
    'maps that are joined one after the other, as in a DenseNet',
    (g) => {
      const map = g.input(PIXEL);
      chain(NODES / 4, (x) => g.concat(x, g.clip(map, -1, 1)), map);
    },
  ],
])('as many nodes as a graph may have are planned: %s', (_, build) => {
  const g = new GraphBuilder();
  build(g);
  const graph = g.build();
  const before = process.cpuUsage();
  for (const simd of [true, false]) new Placement(makePlan(graph, simd), 0, 1);
  expect(secondsSince(before)).toBeLessThan(15);
});
