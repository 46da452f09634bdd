import { type Graph, packBits } from '@signwave/format';
import { outputBounds, Reference } from '@signwave/reference';
import { createEngine } from '../src/engine/engine.js';
import type { BinaryKernels } from '../src/plan/choice.js';
import { makePlan, type PlanOptions } from '../src/plan/make-plan.js';
import { PoisonedExecutable } from './poison.js';

/** Either the scalar build, or the SIMD build with these kernels for binary convolutions. */
export type Kernels = 'scalar' | BinaryKernels;

/**
 * Where the runtime differs from the reference: in a bit that reaches a binary layer, or in an output.
 *
 * @param more with `threads`, steps are divided. One thread then executes the parts, last first, which shows whether a part depends on
 *   another. threads.test.ts tests the threads themselves.
 * @returns `undefined` if it differs nowhere.
 */
export async function differenceFromReference(
  graph: Graph,
  kernels: Kernels,
  input: Float32Array,
  more: PlanOptions = {},
): Promise<string | undefined> {
  const engine = await createEngine(kernels === 'scalar' ? 'scalar' : 'simd');
  const options = { ...more, minSharedElements: 1, ...(kernels !== 'scalar' && { binaryKernels: kernels }) };
  const plan = makePlan(graph, engine.simd, options);
  const steps = plan.steps.map((step) => ({ ...step, whole: [...step.parts].reverse() }));
  const executable = new PoisonedExecutable({ ...plan, steps }, engine);
  const isReordered = executable.plan.steps.some(({ kernel }) => kernel === 'convFloatLut');
  const { maps } = new Reference(graph).record(input);
  // Run twice, because the second run finds whatever the first one left in memory.
  for (let run = 0; run < 2; run++) {
    executable.setInput(input);
    executable.execute();
    for (const [index, node] of graph.nodes.entries()) {
      const bits = executable.signBits(index);
      if (!bits || node.op !== 'sign') continue;
      const { data } = maps[index]!;
      const expected = packBits(data.length, (i) => data[i]! > 0);
      if (Buffer.compare(bits, expected) !== 0) return `run ${run}: bits of node ${index} with ${kernels} kernels`;
    }
    // SPEC 5: bits are fixed but for free sums, and softmax.
    const bounds = isReordered || graph.nodes.at(-1)!.op === 'softmax' ? outputBounds(graph, maps) : undefined;
    const difference = outputDifference(executable.output(), maps.at(-1)!.data, bounds);
    if (difference !== undefined) return `run ${run}: ${difference} with ${kernels} kernels`;
  }
  return undefined;
}

/** @param bounds how far each output may be away; `undefined` where none may. */
function outputDifference(
  found: Float32Array,
  expected: Float32Array,
  bounds: Float32Array | undefined,
): string | undefined {
  if (found.length !== expected.length) return `${found.length} outputs in place of ${expected.length}`;
  const at = expected.findIndex(
    (value, i) => !Object.is(value, found[i]) && !(bounds && Math.abs(value - found[i]!) <= bounds[i]!),
  );
  return at < 0 ? undefined : `output ${at} is ${found[at]} in place of ${expected[at]}`;
}
