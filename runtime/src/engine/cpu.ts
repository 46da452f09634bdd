import type { Cpu } from '../plan/costs.js';
import type { KernelExports } from './engine.js';

/**
 * Finds out which kind of CPU this is, for the choice of kernels; no result depends on it. Pages aren't told, but WebAssembly leaves the
 * sign of the NaN of 0 / 0 to the CPU: x86 sets it, ARM doesn't (XNNPACK tells them apart in the same way). The kernels' own module is
 * asked, because engines that only take compiled modules, such as Cloudflare Workers, can't compile another one for this.
 */
export function detectCpu({ nanBits }: Pick<KernelExports, 'nanBits'>): Cpu {
  return nanBits(0) < 0 ? 'x86' : 'arm';
}
