import type { Records, WASM_KERNELS } from './generated/records.js';

export type KernelName = keyof typeof WASM_KERNELS;

/** The record of a kernel, before addresses are known. */
export type RecordOf<Kernel extends KernelName> = Records[(typeof WASM_KERNELS)[Kernel]];
