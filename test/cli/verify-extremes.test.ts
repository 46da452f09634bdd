import { describe, expect, test } from 'vitest';
import { signwave } from './signwave.js';

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
});
