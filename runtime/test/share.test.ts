import { expect, test, vi } from 'vitest';
import { makePlan } from '../src/plan/make-plan.js';
import { randomGraph, seededRandom } from './random-graph.js';

/** Kernels of steps that came with parts, or with a way to make them. */
const shareable = vi.hoisted(() => new Set<string>());
vi.mock('../src/plan/share.js', async (importOriginal) => {
  const { divider } = await importOriginal<typeof import('../src/plan/share.js')>();
  const noting: typeof divider = (...options) => {
    const divide = divider(...options);
    return (step) => {
      if (step.share || step.parts) shareable.add(step.kernel);
      return divide(step);
    };
  };
  return { divider: noting };
});

const GRAPHS = 300;

test('the random graphs divide every kernel whose room says how it is shared', () => {
  const divided = new Set<string>();
  shareable.clear();
  for (let seed = 1; seed <= GRAPHS; seed++) {
    for (const binaryKernels of ['xnor', 'lut'] as const) {
      const options = { binaryKernels, threads: 2, minSharedElements: 1 };
      for (const { kernel, parts } of makePlan(randomGraph(seededRandom(seed)), true, options).steps)
        if (parts.length > 1) divided.add(kernel);
    }
  }
  expect([...divided].sort()).toEqual([...shareable].sort());
});
