import type { LoadOptions } from '@signwave/runtime';

/** A way to run a model with signwave: options of `load`. */
export interface Family {
  /** In results.json. */
  readonly id: string;
  readonly title: string;
  readonly options: LoadOptions;
}

/** What users get: no options. All ratios are to it. */
export const DEFAULT_FAMILY: Family = { id: 'signwave', title: 'signwave', options: {} };

/** Every kernel family that is timed. A new one is a line here. */
export const FAMILIES: readonly Family[] = [
  DEFAULT_FAMILY,
  { id: 'signwave-scalar', title: 'signwave, no SIMD', options: { kernels: 'scalar' } },
];
