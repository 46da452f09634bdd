import { describe, expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { warmUp } from '../src/engine/warm-up.js';

describe('warmUp', () => {
  test.each(['simd', 'scalar'] as const)('leaves the memory of the %s kernels as it was', async (kernels) => {
    const engine = await createEngine(kernels);
    const before = new Uint8Array(engine.memory.buffer).slice();
    warmUp(engine);
    expect(Buffer.compare(new Uint8Array(engine.memory.buffer), before)).toBe(0);
  });
});
