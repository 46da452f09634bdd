import { GraphBuilder } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { expect, test } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import { makePlan } from '../src/plan/make-plan.js';

test.each([
  ['softmax', false],
  ['its logarithm', true],
])('%s agrees with the reference to 1e-5 relative, also for large and equal inputs', async (_, log) => {
  const inputs = [
    [1, 2, 3, -4, 0.5],
    [1000, 999, -1000, 0, 0],
    [0, 0, 0, 0, 0],
  ];
  const g = new GraphBuilder();
  g.softmax(g.input({ height: 1, width: 1, channels: 5 }), { log });
  const graph = g.build();
  for (const kernels of ['simd', 'scalar'] as const) {
    const engine = await createEngine(kernels);
    const executable = new Executable(makePlan(graph, engine.simd), engine);
    for (const input of inputs.map((values) => Float32Array.from(values))) {
      executable.setInput(input);
      executable.execute();
      const expected = new Reference(graph).run(input);
      executable.output().forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1e-6, Math.abs(expected[i]!)));
      });
    }
  }
});
