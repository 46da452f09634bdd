import { SignwaveError } from '@signwave/format';
import { inflateSync } from 'fflate';
import { DEFLATED_MODULES, MODULE_BYTES } from '../../build/modules.js';
import type { KernelName } from '../plan/records.js';
import { softmax } from './softmax.js';

/** Which build of the kernels: `auto` takes SIMD where the engine has it. */
export type KernelChoice = 'auto' | 'simd' | 'scalar';

/** Exports of runtime/assembly/simd.ts, and `softmax`. Those of scalar.ts are the kernels of maps of pixels. */
export type KernelExports = Readonly<Record<KernelName, (recordAddress: number) => void>> & {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: () => number;
};

/** An instance of the kernels with a memory of its own. */
export interface Engine {
  readonly exports: KernelExports;
  readonly simd: boolean;
  /** Why SIMD or scalar, in words. */
  readonly reason: string;
  readonly wasmBytes: number;
  readonly module: WebAssembly.Module;
}

/** The same kernels with another memory. */
export async function cloneEngine(engine: Engine): Promise<Engine> {
  const { exports } = await WebAssembly.instantiate(engine.module);
  return { ...engine, exports: withSoftmax(exports) };
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
      exports: withSoftmax(instance.exports),
      simd,
      reason: choice !== 'auto' ? `"${choice}" was asked for` : simd ? 'the engine has SIMD' : 'the engine has no SIMD',
      wasmBytes: bytes.length,
      module,
    };
  } catch (cause) {
    const hint = "a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src";
    throw new SignwaveError('E_ENGINE', `the kernels can't be instantiated: ${(cause as Error).message} (${hint})`, {
      cause,
    });
  }
}

/** The one kernel in TypeScript beside the others, on their memory. */
function withSoftmax(exports: WebAssembly.Exports): KernelExports {
  const memory = exports.memory as WebAssembly.Memory;
  return {
    ...exports,
    softmax: (recordAddress: number) => softmax(memory.buffer, recordAddress),
  } as unknown as KernelExports;
}

/** The modules that the build packed. Inflating takes less than a millisecond and works where `DecompressionStream` is missing. */
function inlinedModules(): { simd: Uint8Array<ArrayBuffer>; scalar: Uint8Array<ArrayBuffer> } {
  const deflated = Uint8Array.from(atob(DEFLATED_MODULES), (character) => character.charCodeAt(0));
  const modules = new Uint8Array(MODULE_BYTES.simd + MODULE_BYTES.scalar);
  inflateSync(deflated, { out: modules });
  return { simd: modules.slice(0, MODULE_BYTES.simd), scalar: modules.slice(MODULE_BYTES.simd) };
}
