/** Kinds of CPU that kernels are chosen for. */
export type Cpu = 'x86' | 'arm';

/** What the parts of a binary convolution cost, in units of one CPU: only their ratios count. */
export interface Costs {
  /** 16 lanes of a row of a table. */
  readonly store: number;
  /** 16 lanes of a channel, brought into the order of the table. */
  readonly gather: number;
  /** 16 lanes that a look-up adds, and the look-up itself. */
  readonly lookupVector: number;
  readonly lookup: number;
  /** A filter in a block of tables, for one chunk of lanes; 16 sums of one block that join those of the others. */
  readonly filter: number;
  readonly widen: number;
  /** xor, popcount and widening of 128 taps; and what else a pixel takes. */
  readonly xnorWord: number;
  readonly xnorPixel: number;
}

/** Results don't depend on them: whatever is chosen has the same sums. */
export const COSTS: Readonly<Record<Cpu, Costs>> = {
  /** Cycles: runtime/scripts/measure-kernels.mjs measures kernels and compares. */
  x86: {
    store: 1.1,
    gather: 1.2,
    lookupVector: 0.45,
    lookup: 0.8,
    filter: 12,
    widen: 3,
    xnorWord: 2.5,
    xnorPixel: 25,
  },
  /** Instructions of ARM64, fitted by bench/scripts/fit-arm-costs.mjs,
   * cortex-a72. Popcount is one of them here, and a load with an offset two. Not cycles: no ARM was measured. */
  arm: {
    store: 7.07,
    gather: 57.48,
    lookupVector: 2.7,
    lookup: 4.32,
    filter: 37.31,
    widen: 15.85,
    xnorWord: 8.65,
    xnorPixel: 420.45,
  },
};
