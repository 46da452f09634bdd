import { PACKED_MODULES, PIECES } from '../../build/modules.js';
import { inflate } from '../inflate.js';
import type { BuildName } from './wasm-sources.js';

/**
 * Inflates a build of the kernels that is inlined in the package. A module is put together of the pieces that it consists of. None of this needs
 * `DecompressionStream`. scripts/modules/without-wasm.mjs leaves this file and its imports out of the entry points `slim`.
 */
export function inlinedWasm(build: BuildName): Uint8Array<ArrayBuffer> | undefined {
  const modules = inflate(PACKED_MODULES);
  return Uint8Array.from(PIECES[build].flatMap(([from, to]) => [...modules.subarray(from, to)]));
}
