import type { KernelName } from '../kernels/kernel-records.js';
import type { KernelExports } from './engine.js';
import { softmax } from './softmax.js';

/** Looks up a kernel by its name. It is called with the address of its record. */
export function kernelOf(
  exports: KernelExports,
  memory: WebAssembly.Memory,
  name: KernelName,
): (recordAddress: number) => void {
  return name === 'softmax' ? (address) => softmax(memory.buffer, address) : exports[name];
}
