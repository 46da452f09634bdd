import type { LoadOptions } from '@signwave/runtime';

/** A way to run a model with signwave: the options for `load`. */
export interface Family {
  /** Its name in results.json. */
  readonly id: string;
  readonly title: string;
  readonly options: LoadOptions;
}

/** What users get without options. All ratios are relative to it. */
export const DEFAULT_FAMILY: Family = { id: 'signwave', title: 'signwave', options: {} };

/** The default, with a second thread that shares each run. */
export const TWO_THREADS: Family = {
  id: 'signwave-2-threads',
  title: 'signwave, two threads',
  options: { threads: 2 },
};

/** Every kernel family that is timed. A new one is one line here. */
export const FAMILIES: readonly Family[] = [
  DEFAULT_FAMILY,
  { id: 'signwave-scalar', title: 'signwave, no SIMD', options: { kernels: 'scalar' } },
];
