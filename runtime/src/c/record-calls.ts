import type { Model } from '@signwave/format';
import { createEngine, type KernelExports } from '../engine/engine.js';
import { Executable } from '../engine/executable.js';
import { makePlan } from '../plan/make-plan.js';
import type { FloatMap } from '../plan/plan.js';
import { KERNEL_RECORDS, type KernelName } from '../plan/records.js';

/** A call of a kernel with the address of its record. */
export interface KernelCall {
  readonly kernel: KernelName;
  readonly recordAddress: number;
}

/** What a model does with the kernels, as data: enough to do the same elsewhere. */
export interface Recording {
  /** The memory before the first call, as long as it has to be. All that isn't data or a record is zero. */
  readonly memory: Uint8Array;
  /** Once, after that. */
  readonly load: readonly KernelCall[];
  /** What brings floats, or bytes if the model has a recipe, from `stagingAddress` into the first map. */
  readonly floatsInput: KernelCall;
  readonly bytesInput: KernelCall | undefined;
  /** Every run, after one of these two. */
  readonly steps: readonly KernelCall[];
  readonly stagingAddress: number;
  readonly output: FloatMap;
}

/**
 * Lay a model out as `load` does, in a memory of its own, and write down which kernels it calls instead of calling them.
 *
 * @throws {SignwaveError} `E_ENGINE` if this engine has no SIMD, or not the memory.
 */
export async function recordCalls({ graph }: Model): Promise<Recording> {
  const engine = await createEngine('simd');
  let calls: KernelCall[] = [];
  const taken = (): KernelCall[] => {
    const before = calls;
    calls = [];
    return before;
  };
  const names = Object.keys(KERNEL_RECORDS) as KernelName[];
  const recorders = names.map((kernel) => [kernel, (recordAddress: number) => calls.push({ kernel, recordAddress })]);
  const exports = { ...engine.exports, ...Object.fromEntries(recorders) } as KernelExports;

  const plan = makePlan(graph, true);
  const executable = new Executable(plan, { ...engine, exports });
  const load = taken();
  const memory = new Uint8Array(exports.memory.buffer);
  const input = plan.shapes[0]!;
  const elements = input.height * input.width * input.channels;
  executable.setInput(new Float32Array(elements));
  const [floatsInput] = taken();
  if (plan.inputSteps.bytes) executable.setInput(new Uint8Array(elements));
  const [bytesInput] = taken();
  executable.execute();
  const steps = taken();
  return {
    memory,
    load,
    floatsInput: floatsInput!,
    bytesInput,
    steps,
    stagingAddress: plan.staging.address,
    output: plan.output,
  };
}
