import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { hasFarMemory } from '../../runtime/test/far/far-engine.js';
import { graphAbove } from '../../runtime/test/far/far-graphs.js';
import { signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const hasMemory = await hasFarMemory();

describe('verify finds correct kernels equal to the reference', () => {
  test('where infinity times 0 reaches a sign', async () => {
    const { code, stdout } = await signwave('verify', 'test/cases/hostile/nan-sign.sgnw');
    expect(stdout).toContain('scalar kernels against the reference: 0 of 20 bits differ, 0 of 20 outputs');
    expect(code).toBe(0);
  });

  test('where sums of floats cancel, whose order is free, and says what differs and what may', async () => {
    const { code, stdout } = await signwave('verify', 'test/cases/hostile/free-sum-beyond-1e-5.sgnw');
    expect(stdout).toMatch(/simd kernels .*0 of 20 outputs.*they differ by \d\.\de-\d at most, and may by \d/);
    expect(code).toBe(0);
  });

  test.skipIf(!hasMemory).each([2, 3.5])('where a model needs more than %d GiB of memory', async (gib) => {
    const info = { name: 'far', architecture: 'far', method: 'test', writer: 'test', accuracy: [] };
    const path = join(folder, `${gib}.sgnw`);
    writeFileSync(path, writeModel({ info, graph: graphAbove(gib * 2 ** 30) }));
    const { code, stdout } = await signwave('verify', path);
    expect(stdout).toMatch(/simd kernels against the reference: .* 0 of 20 outputs/);
    expect(stdout).toMatch(/scalar kernels against the reference: .* 0 of 20 outputs/);
    expect(code).toBe(0);
  });
});

test('verify refuses a file whose pads would take 3 GiB', async () => {
  const { code, stderr } = await signwave('verify', 'test/cases/hostile/softmax-above-2GiB.sgnw');
  expect(stderr).toMatch(/E_FORMAT_LIMIT .*padded operand \(40008, 40008, 16\) is above 67108864 elements/);
  expect(code).toBe(1);
});
