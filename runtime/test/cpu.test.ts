import { GraphBuilder, packBits } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { detectCpu } from '../src/engine/cpu.js';
import { createEngine } from '../src/engine/engine.js';
import { makePlan } from '../src/plan/make-plan.js';

test.each(['simd', 'scalar'] as const)(
  '%s kernels tell the CPU: on ARM64 this runs under QEMU, by conformance/scripts/check-arm64-tests.mjs',
  async (kernels) => {
    expect(detectCpu((await createEngine(kernels)).exports)).toBe(process.arch.startsWith('arm') ? 'arm' : 'x86');
  },
);

describe('the choice between tables and popcount', () => {
  const chosen = (channels: number, size: number, cpu: 'x86' | 'arm'): string => {
    const g = new GraphBuilder();
    const shape = [64, 3, 3, channels] as const;
    const data = packBits(64 * 9 * channels, (i) => Math.imul(i + 1, 0x9e3779b1) >>> 31 === 1);
    g.conv(g.sign(g.input({ height: size, width: size, channels })), { dtype: 'bits', shape, data }, { pad: 1 });
    return makePlan(g.build(), true, { cpu }).steps.find(({ kernel }) => /^conv(Lut|Bits)$/.test(kernel))!.kernel;
  };

  test('turns at larger maps on ARM, which has popcount as an instruction', () => {
    expect(chosen(64, 8, 'x86')).toBe('convLut');
    expect(chosen(64, 8, 'arm')).toBe('convBits');
  });

  test('is the same on both where it is clear: few channels on a large map, many on a tiny one', () => {
    for (const cpu of ['x86', 'arm'] as const) {
      expect(chosen(16, 32, cpu)).toBe('convLut');
      expect(chosen(256, 2, cpu)).toBe('convBits');
    }
  });
});
