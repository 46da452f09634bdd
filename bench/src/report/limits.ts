/**
 * What a core can do, measured in C with 512-bit vectors by the prototypes that the kernels were designed with: popcount by
 * AVX512_VPOPCNTDQ on data that was packed and laid out before, on one Sapphire Rapids core at 4.06 GHz. Cited, never measured by this
 * suite; nothing of it is in this repository.
 */
export const NATIVE_LIMITS = {
  source: 'design notes on kernels, table 1, row "native AVX512 VPOPCNTDQ"',
  machine: 'one Sapphire Rapids core at 4.06 GHz',
  /** Of 3 x 3 layers with stride 1: `channels x side` to GMAC/s. */
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
   * What WebAssembly can do on such a core, in multiply-accumulates a cycle, by counting instructions: XOR and a popcount that the engine
   * has to emulate with 8 vector operations for 128 products on 3 ports; half tables of 2^5 sums, a load and an addition for 6 times 16
   * products, 3 of each a cycle.
   */
  macsPerCycle: { popcount: 48, tables: 288 },
  cyclesPerSecond: 4.06e9,
} as const;
