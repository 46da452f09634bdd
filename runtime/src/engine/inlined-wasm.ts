import { inflateSync } from 'fflate';
import { MODULE_BYTES } from '../../build/identity.js';
import { DEFLATED_MODULES, DEFLATED_THREADS } from '../../build/modules.js';
import type { BuildName } from './wasm-sources.js';

/**
 * The bytes of a build, as the package has them inside. Inflating takes less than a millisecond and works where `DecompressionStream` is missing.
 * Of the entry points `slim` this file is left out (scripts/modules/without-wasm.mjs), and with it what it imports.
 */
export function inlinedWasm(build: BuildName): Uint8Array<ArrayBuffer> | undefined {
  const modules = inflate(DEFLATED_MODULES, MODULE_BYTES.simd + MODULE_BYTES.scalar);
  const simd = modules.slice(0, MODULE_BYTES.simd);
  if (build === 'simd') return simd;
  if (build === 'scalar') return modules.slice(MODULE_BYTES.simd);
  // Packed as what differs from the simd module.
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
