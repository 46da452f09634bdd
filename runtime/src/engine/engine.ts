import { SignwaveError } from '@signwave/format';
import { MODULE_BYTES } from '../../build/identity.js';
import type { KernelName } from '../kernels/kernel-records.js';
import { instantiate, moduleOf } from './wasm.js';
import { checkWasmSources, type WasmSources } from './wasm-sources.js';

/** Of WebAssembly's memories. */
export const PAGE_BYTES = 65_536;

/** Which build of the kernels: `auto` takes SIMD where the engine has it. */
export type KernelChoice = 'auto' | 'simd' | 'scalar';

/** Exports of runtime/assembly/simd.ts: every kernel but `softmax`. Those of scalar.ts are the kernels of maps of pixels. */
export type KernelExports = Readonly<Record<Exclude<KernelName, 'softmax'>, (recordAddress: number) => void>> & {
  /** First byte of the memory that a plan may use. */
  readonly heapBase: () => number;
  /** Bits of the NaN that the CPU gives for zero / zero. */
  readonly nanBits: (zero: number) => number;
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
  return { ...engine, ...exportsOf(await instantiate(engine.module)) };
}

/**
 * The SIMD kernels on a memory that threads can share.
 *
 * @throws {SignwaveError} `E_ENGINE` if there is no such memory, or no build of the kernels for it; what {@link moduleOf} throws of a given one.
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
 * @param wasm builds of the kernels in place of the inlined ones.
 * @throws {SignwaveError} `E_ENGINE` without WebAssembly, or when `simd` is asked for and the engine has none; what {@link moduleOf} throws.
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
    throw new SignwaveError(
      'E_ENGINE',
      'SIMD kernels were asked for, but this engine has no WebAssembly SIMD; use "auto"',
    );
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

/** A module of one function with `i8x16.splat` and `i8x16.popcnt`. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 98, 11],
);
