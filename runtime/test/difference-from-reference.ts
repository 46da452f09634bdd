import { type Graph, packBits } from '@signwave/format';
import { type FeatureMap, outputBounds, Reference } from '@signwave/reference';
import { cloneEngine, createEngine } from '../src/engine/engine.js';
import type { BinaryKernels } from '../src/plan/choice.js';
import { makePlan, type PlanOptions } from '../src/plan/make-plan.js';
import { PoisonedExecutable } from './poison.js';

/** Either the scalar build, or the SIMD build with these kernels for binary convolutions. */
export type Kernels = 'scalar' | BinaryKernels;

/** How the runtime is compared; what plans take, too. */
interface Comparison extends PlanOptions {
  /** What the reference recorded for the input, if it is known. */
  readonly maps?: readonly FeatureMap[];
  /** The most that outputs may differ by where sums are free, as a share of the largest; the bounds of SPEC 5, which are for the worst case, hold anyway. */
  readonly maxShare?: number;
  /** Is told how many bits were equal: of this node's signs, or of the output if that is the last node. An output is 32 bits. */
  readonly onEqual?: (node: number, bits: number) => void;
}

/** Both builds, compiled once; each comparison gets a memory of its own. */
const ENGINES = { scalar: createEngine('scalar'), simd: createEngine('simd') };

/**
 * Where the runtime differs from the reference: in a bit that reaches a binary layer, or in an output.
 *
 * @param comparison with `threads`, steps are divided. One thread then executes the parts, last first, which shows whether a part depends on
 *   another. threads.test.ts tests the threads themselves.
 * @returns `undefined` if it differs nowhere.
 */
export async function differenceFromReference(
  graph: Graph,
  kernels: Kernels,
  input: Float32Array,
  comparison: Comparison = {},
): Promise<string | undefined> {
  const {
    maps = new Reference(graph).record(input).maps,
    maxShare = Number.POSITIVE_INFINITY,
    onEqual,
    ...more
  } = comparison;
  const engine = await cloneEngine(await ENGINES[kernels === 'scalar' ? 'scalar' : 'simd']);
  const options = { ...more, minSharedElements: 1, ...(kernels !== 'scalar' && { binaryKernels: kernels }) };
  const plan = makePlan(graph, engine.simd, options);
  const steps = plan.steps.map((step) => ({ ...step, whole: [...step.parts].reverse() }));
  const executable = new PoisonedExecutable({ ...plan, steps }, engine);
  const isReordered = executable.plan.steps.some(({ kernel }) => kernel === 'convFloatLut');
  // SPEC 5: bits are fixed but for free sums, and softmax.
  const isFree = isReordered || graph.nodes.at(-1)!.op === 'softmax';
  const bounds = isFree ? outputBounds(graph, maps) : undefined;
  const expected = maps.at(-1)!.data;
  // Run twice, because the second run finds whatever the first one left in memory.
  for (let run = 0; run < 2; run++) {
    executable.setInput(input);
    executable.execute();
    for (const [index, node] of graph.nodes.entries()) {
      const bits = executable.signBits(index);
      if (!bits || node.op !== 'sign') continue;
      const { data } = maps[index]!;
      if (
        Buffer.compare(
          bits,
          packBits(data.length, (i) => data[i]! > 0),
        ) !== 0
      )
        return `run ${run}: bits of node ${index} with ${kernels} kernels`;
      onEqual?.(index, data.length);
    }
    const found = executable.output();
    const difference = outputDifference(found, expected, bounds) ?? shareDifference(found, expected, maxShare, bounds);
    if (difference !== undefined) return `run ${run}: ${difference} with ${kernels} kernels`;
    if (!isFree) onEqual?.(graph.nodes.length - 1, 32 * expected.length);
  }
  return undefined;
}

/** @param bounds how far each output may be away, infinity where it may be NaN, too; `undefined` where every bit is fixed. */
function outputDifference(
  found: Float32Array,
  expected: Float32Array,
  bounds: Float32Array | undefined,
): string | undefined {
  if (found.length !== expected.length) return `${found.length} outputs in place of ${expected.length}`;
  const at = expected.findIndex((value, i) => {
    if (Object.is(value, found[i])) return false;
    return !bounds || !(bounds[i] === Number.POSITIVE_INFINITY || Math.abs(value - found[i]!) <= bounds[i]!);
  });
  return at < 0 ? undefined : `output ${at} is ${found[at]} in place of ${expected[at]}`;
}

function shareDifference(
  found: Float32Array,
  expected: Float32Array,
  maxShare: number,
  bounds: Float32Array | undefined,
): string | undefined {
  if (!bounds || maxShare === Number.POSITIVE_INFINITY) return undefined;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  return difference <= maxShare * largest ? undefined : `outputs differ by ${difference} of ${largest}`;
}
