import { SignwaveError } from '@signwave/format';
import { inflateSync } from 'fflate';
import { DEFLATED_MODULES, MODULE_BYTES } from '../../build/modules.js';
import type { KernelName } from '../plan/records.js';

/** Which build of the kernels: `auto` takes SIMD where the engine has it. */
export type KernelChoice = 'auto' | 'simd' | 'scalar';

/** Exports of runtime/assembly/simd.ts: every kernel but `softmax`. Those of scalar.ts are the kernels of maps of pixels. */
export type KernelExports = Readonly<Record<Exclude<KernelName, 'softmax'>, (recordAddress: number) => void>> & {
  /** First byte of the memory that a plan may use. */
  readonly heapBase: () => number;
};

/** An instance of the kernels. */
export interface Engine {
  readonly exports: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly simd: boolean;
  /** Why SIMD or scalar, in words. */
  readonly reason: string;
  readonly wasmBytes: number;
  readonly module: WebAssembly.Module;
}

/** The same kernels with another memory. */
export async function cloneEngine(engine: Engine): Promise<Engine> {
  return { ...engine, ...exportsOf(await WebAssembly.instantiate(engine.module)) };
}

/**
 * The SIMD kernels on a memory that threads can share.
 *
 * @throws {SignwaveError} `E_ENGINE` if there is no such memory.
 */
export async function createSharedEngine(engine: Engine, memoryBytes: number): Promise<Engine> {
  const bytes = inlinedModules().threads;
  try {
    const pages = Math.ceil(memoryBytes / 65_536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const { instance, module } = await WebAssembly.instantiate(bytes, { env: { memory } });
    return {
      ...engine,
      exports: instance.exports as unknown as KernelExports,
      memory,
      module,
      wasmBytes: bytes.length,
    };
  } catch (cause) {
    throw new SignwaveError('E_ENGINE', `memory can't be shared: ${(cause as Error).message}`, { cause });
  }
}

function exportsOf({ exports }: WebAssembly.Instance): Pick<Engine, 'exports' | 'memory'> {
  return { exports: exports as unknown as KernelExports, memory: exports.memory as WebAssembly.Memory };
}

/** @throws {SignwaveError} `E_ENGINE` without WebAssembly, or when `simd` is asked for and the engine has none. */
export async function createEngine(choice: KernelChoice): Promise<Engine> {
  if (typeof WebAssembly !== 'object') {
    throw new SignwaveError('E_ENGINE', 'this JavaScript engine has no WebAssembly (or a policy switched it off)');
  }
  const modules = inlinedModules();
  const hasSimd = WebAssembly.validate(modules.simd);
  if (choice === 'simd' && !hasSimd) {
    throw new SignwaveError(
      'E_ENGINE',
      'SIMD kernels were asked for, but this engine has no WebAssembly SIMD; use "auto"',
    );
  }
  const simd = choice !== 'scalar' && hasSimd;
  const bytes = simd ? modules.simd : modules.scalar;
  try {
    const { instance, module } = await WebAssembly.instantiate(bytes);
    return {
      ...exportsOf(instance),
      simd,
      reason: choice !== 'auto' ? `"${choice}" was asked for` : simd ? 'the engine has SIMD' : 'the engine has no SIMD',
      wasmBytes: bytes.length,
      module,
    };
  } catch (cause) {
    const hint =
      cause instanceof RangeError
        ? 'there is no memory left: dispose of models that are not needed'
        : "a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src";
    throw new SignwaveError('E_ENGINE', `the kernels can't be instantiated: ${(cause as Error).message} (${hint})`, {
      cause,
    });
  }
}

/** The modules that the build packed. Inflating takes less than a millisecond and works where `DecompressionStream` is missing. */
function inlinedModules(): Record<keyof typeof MODULE_BYTES, Uint8Array<ArrayBuffer>> {
  const deflated = Uint8Array.from(atob(DEFLATED_MODULES), (character) => character.charCodeAt(0));
  const { simd, threads, scalar } = MODULE_BYTES;
  const modules = new Uint8Array(simd + threads + scalar);
  inflateSync(deflated, { out: modules });
  return {
    simd: modules.slice(0, simd),
    threads: modules.slice(simd, simd + threads),
    scalar: modules.slice(simd + threads),
  };
}
