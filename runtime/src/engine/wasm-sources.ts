import { checkOptions, type Rule } from '../arguments.js';

/** The builds of the kernels that asconfig.json defines. */
export type BuildName = 'simd' | 'scalar' | 'threads';

/** A file of `@signwave/runtime/wasm`: its address, its bytes, or the module compiled from them. */
export type WasmSource =
  | URL
  | string
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | DataView<ArrayBuffer>
  | WebAssembly.Module;

/**
 * Builds of the kernels that replace the inlined ones. A load fetches only what it needs: `simd` if the engine supports SIMD, otherwise
 * `scalar`, and `threads` if several threads are asked for.
 */
export interface WasmSources {
  readonly simd?: WasmSource;
  readonly scalar?: WasmSource;
  readonly threads?: WasmSource;
}

const ANY: Rule = ['a source', () => true];
const RULES: Readonly<Record<BuildName, Rule>> = { simd: ANY, scalar: ANY, threads: ANY };

/** @throws {SignwaveError} `E_USAGE` if `sources` is anything else: a bare source, for example, or an object with an unknown key. */
export function checkWasmSources(sources: WasmSources): void {
  checkOptions('wasm', sources, RULES);
}
