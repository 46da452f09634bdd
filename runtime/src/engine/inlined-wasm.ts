import { inflateSync } from 'fflate';
import { MODULE_BYTES } from '../../build/identity.js';
import { DEFLATED_MODULES } from '../../build/modules.js';
import type { BuildName } from './wasm-sources.js';

/**
 * Inflates a build of the kernels that is inlined in the package. This takes less than a millisecond and doesn't need
 * `DecompressionStream`. scripts/modules/without-wasm.mjs leaves this file and its imports out of the entry points `slim`.
 */
export function inlinedWasm(build: BuildName): Uint8Array<ArrayBuffer> | undefined {
  const { scalar, simd, threads } = MODULE_BYTES;
  const deflated = Uint8Array.from(atob(DEFLATED_MODULES), (character) => character.charCodeAt(0));
  const modules = inflateSync(deflated, { out: new Uint8Array(scalar + simd + threads) });
  const start = { scalar: 0, simd: scalar, threads: scalar + simd }[build];
  return modules.slice(start, start + MODULE_BYTES[build]);
}
