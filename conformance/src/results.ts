import type { ModelDigests } from './digests.js';

/** The contents of conformance/results.json: what every cell has to compute, and which ones did. */
export interface PlatformResults {
  /** Digests by build of the kernels; `scalar` is also what the reference computes. */
  readonly digests: Readonly<Record<'simd' | 'scalar', readonly ModelDigests[]>>;
  readonly cells: readonly Cell[];
  readonly notRun: readonly { readonly what: string; readonly reason: string }[];
}

interface Cell {
  /** The engine's name and version. */
  readonly engine: string;
  readonly cpu: string;
  readonly simd: 'equal' | 'different';
  readonly scalar: 'equal' | 'different';
  /** Result of the SIMD kernels on two threads: `equal`, `different`, or why only one thread worked. */
  readonly threads: string;
}
