import { type Graph, SignwaveError } from '@signwave/format';
import { makePlan, type PlanOptions } from '../plan/make-plan.js';
import { Placement } from '../plan/placement.js';
import { detectCpu } from './cpu.js';
import { createSharedEngine, type Engine, type KernelChoice } from './engine.js';
import { Executable } from './executable.js';
import { availableThreads, threadRefusal } from './threads/start-thread.js';
import { tryTables } from './trial.js';
import type { WasmSources } from './wasm-sources.js';

export interface ReadyOptions {
  /** Which build of the kernels to use; default `auto`. */
  readonly kernels?: KernelChoice;
  /**
   * Whether to time several ways to compute each binary convolution on this machine, for a few milliseconds each, and take the fastest.
   * Default `false`: their costs are estimated. Results don't depend on it.
   */
  readonly tune?: boolean;
  /**
   * How many threads share the work of an inference, the calling one included; default 1. `auto` takes one per core, at most 4. Results
   * don't depend on it. If threads can't be used, the calling one works alone and `info()` says why. Threads sleep between inferences and
   * end with `dispose()`.
   */
  readonly threads?: number | 'auto';
  /**
   * The most WebAssembly memory that the model may take, in bytes; default: as much as 32-bit addresses reach. A model that needs more is
   * refused before memory is made; with several threads, which need more of it, one works alone first.
   */
  readonly maxMemoryBytes?: number;
  /**
   * The kernels' WebAssembly as addresses, bytes or modules. It replaces the inlined one, and is required by entry points that have none
   * (`@signwave/runtime/slim`).
   */
  readonly wasm?: WasmSources;
}

/** A graph that is ready to run. */
export interface ReadyModel {
  readonly executable: Executable;
  readonly engine: Engine;
  /** Why this number of threads, in words. */
  readonly threadsReason: string;
}

/** With more threads than this, most layers are too short to share. */
const MAX_AUTO_THREADS = 4;

/**
 * @throws {SignwaveError} `E_ENGINE` if the engine can't run the graph, or not in `maxMemoryBytes`; `E_IO` if what was given as the build for threads isn't that build.
 */
export async function makeReady(graph: Graph, engine: Engine, options: ReadyOptions): Promise<ReadyModel> {
  const { threads = 1, tune = false, wasm = {}, maxMemoryBytes } = options;
  const cpu = detectCpu(engine.exports);
  const plan: PlanOptions = {
    cpu,
    maxMemoryBytes,
    ...(tune && engine.simd && { pickTables: await tryTables(graph, engine, cpu, maxMemoryBytes) }),
  };
  const onOneThread = (threadsReason: string): ReadyModel => ({
    executable: new Executable(makePlan(graph, engine.simd, plan), engine),
    engine,
    threadsReason,
  });
  if (threads === 1) return onOneThread('one thread is the default');
  if (!engine.simd) return onOneThread('the scalar kernels run on one thread');
  const refusal = threadRefusal();
  if (refusal !== undefined) return onOneThread(refusal);
  const count = threads === 'auto' ? Math.min(MAX_AUTO_THREADS, availableThreads()) : threads;
  if (count === 1) return onOneThread('the machine has one core');
  try {
    const threadsReason =
      threads === 'auto' ? `the machine has ${availableThreads()} cores` : `${count} were asked for`;
    return { ...(await withThreads(graph, engine, { ...plan, threads: count }, wasm)), threadsReason };
  } catch (error) {
    if (!(error instanceof SignwaveError && error.code === 'E_ENGINE')) throw error;
    return onOneThread(error.message);
  }
}

async function withThreads(
  graph: Graph,
  engine: Engine,
  options: PlanOptions & { readonly threads: number },
  wasm: WasmSources,
) {
  const placement = new Placement(makePlan(graph, true, options), engine.exports.heapBase(), options.threads);
  const shared = await createSharedEngine(engine, placement.sizeBytes, wasm);
  const executable = new Executable(placement.plan, shared, placement);
  await executable.startThreads();
  return { executable, engine: shared };
}
