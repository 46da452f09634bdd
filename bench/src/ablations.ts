import type { LoadOptions } from '@signwave/runtime';

/** A part of the runtime that can be switched off, to see what it brings. */
export interface Ablation {
  readonly id: string;
  /** Without what: "no SIMD". */
  readonly title: string;
  readonly options: LoadOptions;
}

/** Each is timed beside the default on the same models. Rows for options that `load` doesn't have can't be written: tsc refuses them. */
export const ABLATIONS: readonly Ablation[] = [{ id: 'no-simd', title: 'no SIMD', options: { kernels: 'scalar' } }];
