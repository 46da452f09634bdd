/** The kinds of CPU that kernels are chosen for. */
export type Cpu = 'x86' | 'arm';

/** The cost of each piece of work in a binary convolution. Units depend on the CPU; only ratios count. */
export interface Costs {
  /** Storing 16 lanes of a row of a table. */
  readonly store: number;
  /** Bringing 16 lanes of a channel into the order of the table. */
  readonly gather: number;
  /** Adding 16 lanes in a look-up. */
  readonly lookupVector: number;
  /** A look-up, apart from the lanes that it adds. */
  readonly lookup: number;
  /** Starting a filter in a block of tables, for one chunk of lanes. */
  readonly filter: number;
  /** Adding 16 sums of one block to those of the other blocks. */
  readonly widen: number;
  /** xor, popcount and widening of 128 taps. */
  readonly xnorWord: number;
  /** The rest of the work for a pixel when bits are counted. */
  readonly xnorPixel: number;
}

/** Results don't depend on these costs, because every choice gives the same sums. */
export const COSTS: Readonly<Record<Cpu, Costs>> = {
  /** Cycles. runtime/scripts/measure-kernels.mjs compares them with measured times of kernels. */
  x86: {
    store: 1.1,
    gather: 1.2,
    lookupVector: 0.45,
    lookup: 0.8,
    filter: 12,
    widen: 3,
    xnorWord: 3.5,
    xnorPixel: 25,
  },
  /** Instructions of ARM64, fitted by bench/scripts/fit-arm-costs.mjs,
   * cortex-a72. A popcount is one instruction, a load with an offset two. These aren't cycles: no ARM was measured. */
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
