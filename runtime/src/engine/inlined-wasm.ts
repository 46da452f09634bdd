import { inflateSync } from 'fflate';
import { MODULE_BYTES } from '../../build/identity.js';
import { DEFLATED_MODULES, DEFLATED_THREADS } from '../../build/modules.js';
import type { BuildName } from './wasm-sources.js';

/**
 * Inflates a build of the kernels that is inlined in the package. This takes less than a millisecond and doesn't need
 * `DecompressionStream`. scripts/modules/without-wasm.mjs leaves this file and its imports out of the entry points `slim`.
 */
export function inlinedWasm(build: BuildName): Uint8Array<ArrayBuffer> | undefined {
  const modules = inflate(DEFLATED_MODULES, MODULE_BYTES.simd + MODULE_BYTES.scalar);
  const simd = modules.slice(0, MODULE_BYTES.simd);
  if (build === 'simd') return simd;
  if (build === 'scalar') return modules.slice(MODULE_BYTES.simd);
  // Deflated with the simd module as the dictionary, so only the differences take space.
  return inflate(DEFLATED_THREADS, MODULE_BYTES.threads, simd);
}

function inflate(base64: string, sizeBytes: number, dictionary?: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const deflated = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  const inflated = new Uint8Array(sizeBytes);
  inflateSync(deflated, { out: inflated, ...(dictionary && { dictionary }) });
  return inflated;
}
