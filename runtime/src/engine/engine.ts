import { SignwaveError } from '@signwave/format';
import { inflateSync } from 'fflate';
import { DEFLATED_MODULES, DEFLATED_THREADS, MODULE_BYTES } from '../../build/modules.js';
import type { KernelName } from '../plan/records.js';

/** Of WebAssembly's memories. */
export const PAGE_BYTES = 65_536;

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
  const bytes = inlinedThreads();
  try {
    const pages = Math.ceil(memoryBytes / PAGE_BYTES);
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
  const hasSimd = WebAssembly.validate(SIMD_PROBE);
  if (choice === 'simd' && !hasSimd) {
    throw new SignwaveError(
      'E_ENGINE',
      'SIMD kernels were asked for, but this engine has no WebAssembly SIMD; use "auto"',
    );
  }
  const simd = choice !== 'scalar' && hasSimd;
  const bytes = inlinedModules()[simd ? 'simd' : 'scalar'];
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

/** A module of one function with `i8x16.splat` and `i8x16.popcnt`. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 98, 11],
);

/** The modules that the build packed. Inflating takes less than a millisecond and works where `DecompressionStream` is missing. */
function inlinedModules(): { readonly simd: Uint8Array<ArrayBuffer>; readonly scalar: Uint8Array<ArrayBuffer> } {
  const modules = inflate(DEFLATED_MODULES, MODULE_BYTES.simd + MODULE_BYTES.scalar);
  return { simd: modules.slice(0, MODULE_BYTES.simd), scalar: modules.slice(MODULE_BYTES.simd) };
}

/** The module for threads, packed as what differs from the simd module. */
function inlinedThreads(): Uint8Array<ArrayBuffer> {
  return inflate(DEFLATED_THREADS, MODULE_BYTES.threads, inlinedModules().simd);
}

function inflate(base64: string, sizeBytes: number, dictionary?: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const deflated = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  const inflated = new Uint8Array(sizeBytes);
  inflateSync(deflated, { out: inflated, ...(dictionary && { dictionary }) });
  return inflated;
}
