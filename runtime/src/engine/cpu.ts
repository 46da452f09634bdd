import type { Cpu } from '../plan/costs.js';
import type { KernelExports } from './engine.js';

/**
 * Which CPU runs this, for the choice of kernels; no result depends on it. A page isn't told, but WebAssembly leaves the sign of the NaN that 0 / 0
 * gives to the CPU: set on x86, not set on ARM (XNNPACK tells them apart in the same way). The kernels' own module says it: where a compiled one has
 * to be given, as in Cloudflare Workers, nothing else may be compiled.
 */
export function detectCpu({ nanBits }: Pick<KernelExports, 'nanBits'>): Cpu {
  return nanBits(0) < 0 ? 'x86' : 'arm';
}
