import { readFileSync } from 'node:fs';
import { GraphBuilder } from '@signwave/format';
import { expect, test } from 'vitest';
import { load } from '../src/load.js';
import { makePlan } from '../src/plan/make-plan.js';

const hostile = (name: string) => readFileSync(new URL(`../../test/cases/hostile/${name}.sgnw`, import.meta.url));

test('a kernel of 511 x 511 with pads is planned by its positions, not by positions times taps', async () => {
  const startMs = performance.now();
  (await load(hostile('kernel-511-pads'))).dispose();
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test('pads that would take gigabytes are refused when the file is opened', async () => {
  await expect(load(hostile('pads-memory'))).rejects.toThrow(/padded operand \(40008, 40008, 16\) is above 67108864/);
});

test('a model that needs more than maxMemoryBytes is refused with both numbers', async () => {
  await expect(load(hostile('kernel-511-pads'), { maxMemoryBytes: 1000 })).rejects.toMatchObject({
    code: 'E_ENGINE',
    message: expect.stringMatching(/needs \d+ bytes of memory, at most 1000 are possible/),
  });
});

test('thousands of readers of one value are planned', () => {
  const g = new GraphBuilder();
  const x = g.input({ height: 1, width: 1, channels: 8 });
  for (let n = 0; n < 4000; n++) g.clip(x, -n - 1, n + 1);
  expect(makePlan(g.build(), true).steps.length).toBeGreaterThan(0);
});
