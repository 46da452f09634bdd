import { SignwaveError } from '@signwave/format';
import { MODULE_BYTES } from '../../build/identity.js';
import type { KernelName } from '../kernels/kernel-records.js';
import { instantiate, moduleOf } from './wasm.js';
import { checkWasmSources, type WasmSources } from './wasm-sources.js';

/** Size of a page of WebAssembly memory. */
export const PAGE_BYTES = 65_536;

/** Which build of the kernels to use: `auto` takes SIMD if the engine supports it. */
export type KernelChoice = 'auto' | 'simd' | 'scalar';

/** Exports of runtime/assembly/simd.ts: every kernel. scalar.ts exports only the kernels that work on pixels. */
export type KernelExports = Readonly<Record<KernelName, (recordAddress: number) => void>> & {
  /** Address of the first byte that a plan may use. */
  readonly heapBase: () => number;
  /** Bits of the NaN that this CPU computes for zero / zero. */
  readonly nanBits: (zero: number) => number;
};

/** An instance of the kernels' module, with its memory. */
export interface Engine {
  readonly exports: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly simd: boolean;
  /** Why the build is SIMD or scalar, in words. */
  readonly reason: string;
  readonly wasmBytes: number;
  readonly module: WebAssembly.Module;
}

/** Instantiates the same kernels again, with a memory of their own. */
export async function cloneEngine(engine: Engine): Promise<Engine> {
  return { ...engine, ...exportsOf(await instantiate(engine.module)) };
}

/**
 * Instantiates the SIMD kernels on a memory that threads can share.
 *
 * @throws {SignwaveError} `E_ENGINE` if the engine can't provide such a memory, or has no build of the kernels for it; the errors of
 *   {@link moduleOf} if a build was given.
 */
export async function createSharedEngine(engine: Engine, memoryBytes: number, wasm: WasmSources): Promise<Engine> {
  const module = await moduleOf('threads', wasm, undefined);
  try {
    const pages = Math.ceil(memoryBytes / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    return {
      ...engine,
      exports: exports as unknown as KernelExports,
      memory,
      module,
      wasmBytes: MODULE_BYTES.threads,
    };
  } catch (cause) {
    throw new SignwaveError('E_ENGINE', `memory can't be shared: ${(cause as Error).message}`, { cause });
  }
}

function exportsOf({ exports }: WebAssembly.Instance): Pick<Engine, 'exports' | 'memory'> {
  return { exports: exports as unknown as KernelExports, memory: exports.memory as WebAssembly.Memory };
}

/**
 * @param wasm builds of the kernels that replace the inlined ones.
 * @throws {SignwaveError} `E_ENGINE` if there is no WebAssembly, or if `simd` is asked for and the engine doesn't support it; the errors of
 *   {@link moduleOf}.
 */
export async function createEngine(
  choice: KernelChoice,
  wasm: WasmSources = {},
  signal?: AbortSignal,
): Promise<Engine> {
  checkWasmSources(wasm);
  if (typeof WebAssembly !== 'object') {
    throw new SignwaveError('E_ENGINE', 'this JavaScript engine has no WebAssembly (or a policy switched it off)');
  }
  const hasSimd = WebAssembly.validate(SIMD_PROBE);
  if (choice === 'simd' && !hasSimd) {
    throw new SignwaveError('E_ENGINE', 'this engine has no WebAssembly SIMD; use "auto"');
  }
  const simd = choice !== 'scalar' && hasSimd;
  const build = simd ? 'simd' : 'scalar';
  const module = await moduleOf(build, wasm, signal);
  return {
    ...exportsOf(await instantiate(module)),
    simd,
    reason: choice !== 'auto' ? `"${choice}" was asked for` : simd ? 'the engine has SIMD' : 'the engine has no SIMD',
    wasmBytes: MODULE_BYTES[build],
    module,
  };
}

/** A module whose only function uses `i8x16.splat` and `i8x16.popcnt`. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 98, 11],
);
