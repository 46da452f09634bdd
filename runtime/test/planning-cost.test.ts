import { readFileSync } from 'node:fs';
import { GraphBuilder } from '@signwave/format';
import { expect, test } from 'vitest';
import { load } from '../src/load.js';
import { makePlan } from '../src/plan/make-plan.js';
import { Placement } from '../src/plan/placement.js';
import type { Region } from '../src/plan/region.js';

const hostile = (name: string) => readFileSync(new URL(`../../test/cases/hostile/${name}.sgnw`, import.meta.url));

test('a kernel of 511 x 511 with pads is planned by its positions, not by positions times taps', async () => {
  const startMs = performance.now();
  (await load(hostile('kernel-511-pads'))).dispose();
  expect(performance.now() - startMs).toBeLessThan(10_000);
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

test('thousands of readers of one value are planned', () => {
  const g = new GraphBuilder();
  const x = g.input({ height: 1, width: 1, channels: 8 });
  for (let n = 0; n < 4000; n++) g.clip(x, -n - 1, n + 1);
  expect(makePlan(g.build(), true).steps.length).toBeGreaterThan(0);
});
