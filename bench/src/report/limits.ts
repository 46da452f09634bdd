/**
 * What one core can do at most, measured in C with 512-bit vectors by the prototypes from which the kernels were designed: AVX512_VPOPCNTDQ
 * popcount over data packed and laid out beforehand, on one Sapphire Rapids core at 4.06 GHz. These figures are cited; this suite doesn't
 * measure them, and the prototypes aren't in this repository.
 */
export const NATIVE_LIMITS = {
  source: 'design notes on kernels, table 1, row "native AVX512 VPOPCNTDQ"',
  machine: 'one Sapphire Rapids core at 4.06 GHz',
  /** GMAC/s of 3 x 3 layers with stride 1, by `channels x side`. */
  gmacs: new Map([
    ['64 x 56', 1287],
    ['128 x 28', 1362],
    ['256 x 14', 1382],
    ['512 x 7', 1308],
    ['16 x 32', 950],
    ['32 x 16', 1181],
    ['64 x 8', 1272],
  ]),
  /**
   * What WebAssembly can do at most on such a core, in multiply-accumulates a cycle, found by counting instructions. `popcount`: 128
   * products take an XOR and a popcount that the engine emulates with 8 vector operations, on 3 ports. `tables`: half tables of 2^5 sums,
   * where 6 x 16 products take a load and an addition, 3 of each a cycle.
   */
  macsPerCycle: { popcount: 48, tables: 288 },
  cyclesPerSecond: 4.06e9,
} as const;
