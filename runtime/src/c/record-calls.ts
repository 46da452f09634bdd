import type { Model } from '@signwave/format';
import { createEngine } from '../engine/engine.js';
import { growMemory } from '../engine/executable.js';
import type { KernelName } from '../kernels/kernel-records.js';
import { makePlan } from '../plan/make-plan.js';
import type { FloatMap } from '../plan/maps.js';
import { Placement } from '../plan/placement.js';
import { pointer, type Region } from '../plan/region.js';
import type { Step } from '../plan/step.js';

/** A call of a kernel with the address of its record. */
export interface KernelCall {
  readonly kernel: KernelName;
  readonly recordAddress: number;
}

/** What a model does with the kernels, as data: enough to do the same elsewhere. */
export interface Recording {
  /** The memory before the first call, as long as it has to be. All that isn't data or a record is zero. */
  readonly memory: Uint8Array;
  /** The calls to make once, on that memory. */
  readonly load: readonly KernelCall[];
  /** The calls that bring floats, or bytes if the model has a recipe, from `stagingAddress` into the first map. */
  readonly floatsInput: KernelCall;
  readonly bytesInput: KernelCall | undefined;
  /** The calls of every run, after one of these two. */
  readonly steps: readonly KernelCall[];
  readonly stagingAddress: number;
  readonly outputAddress: number;
  readonly output: FloatMap;
}

/**
 * Lay a model out as `load` does for one thread, and write down which kernels it would call.
 *
 * @throws {SignwaveError} `E_ENGINE` if this engine has no SIMD, or not enough memory.
 */
export async function recordCalls({ graph }: Model): Promise<Recording> {
  const { exports, memory } = await createEngine('simd');
  const plan = makePlan(graph, true);
  const placement = new Placement(plan, exports.heapBase(), 1);
  growMemory(memory, placement.sizeBytes);
  placement.writeConstants(memory);
  const view = new DataView(memory.buffer);
  const callsOf = (step: Step): KernelCall[] =>
    step.whole.map((record) => ({
      kernel: step.kernel,
      recordAddress: placement.writeRecord(view, step.kernel, record, 0),
    }));
  const addressOf = (region: Region): number => placement.addressOf(pointer(region), 0);
  const { floats, bytes } = plan.inputSteps;
  return {
    load: plan.loadSteps.flatMap(callsOf),
    floatsInput: callsOf(floats)[0]!,
    bytesInput: bytes && callsOf(bytes)[0],
    steps: plan.steps.flatMap(callsOf),
    memory: new Uint8Array(memory.buffer),
    stagingAddress: addressOf(plan.staging),
    outputAddress: addressOf(plan.output.region),
    output: plan.output,
  };
}
