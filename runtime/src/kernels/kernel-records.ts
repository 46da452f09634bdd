import { type Records, WASM_KERNELS } from './generated/records.js';

/** The record that each kernel takes. `softmax` is the only kernel that isn't WebAssembly: engine/softmax.ts. */
export const KERNEL_RECORDS = { ...WASM_KERNELS, softmax: 'MapArguments' } as const;

export type KernelName = keyof typeof KERNEL_RECORDS;

/** The record of a kernel, before addresses are known. */
export type RecordOf<Kernel extends KernelName> = Records[(typeof KERNEL_RECORDS)[Kernel]];
