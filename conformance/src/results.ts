import type { ModelDigests } from './digests.js';

/** conformance/results.json: what every cell has to compute, and which ones did. */
export interface PlatformResults {
  /** Per build of the kernels; `scalar` is also the reference's. */
  readonly digests: Readonly<Record<'simd' | 'scalar', readonly ModelDigests[]>>;
  readonly cells: readonly Cell[];
  readonly notRun: readonly { readonly what: string; readonly reason: string }[];
}

interface Cell {
  /** With its version. */
  readonly engine: string;
  readonly cpu: string;
  readonly simd: 'equal' | 'different';
  readonly scalar: 'equal' | 'different';
  /** SIMD kernels on two threads: `equal`, `different`, or why one works. */
  readonly threads: string;
}
