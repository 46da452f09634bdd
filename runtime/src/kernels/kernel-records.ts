import { type Records, WASM_KERNELS } from './generated/records.js';

/** The record that each kernel takes. `softmax` is the one kernel that is no WebAssembly: engine/softmax.ts. */
export const KERNEL_RECORDS = { ...WASM_KERNELS, softmax: 'MapArguments' } as const;

export type KernelName = keyof typeof KERNEL_RECORDS;

/** What a kernel is told: its record, before addresses are known. */
export type RecordOf<Kernel extends KernelName> = Records[(typeof KERNEL_RECORDS)[Kernel]];
