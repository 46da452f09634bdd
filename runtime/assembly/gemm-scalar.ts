import { isAt } from './preconditions';

// gemm-scalar.ts — the plain twin of gemm-simd.ts, for engines without SIMD: the same sums by i64.popcnt.
//
// patches (pixels, depthBytes)                     bits
// weights (filters / 8, 8, depthBytes / 8) u64     one row per filter
// sums    (pixels, sumsPixelBytes / 4) i32

/**
 * Requires at least one pixel and one block of filters, and rows of whole u64.
 *
 * @param depthBytes a multiple of 8.
 * @param filterBlocks filters / 8, rounded up; the weights of the filters that are missing in the last block are 0.
 * @param sumsPixelBytes a multiple of 32.
 */
export function gemm(
  patches: usize, pixels: i32, depthBytes: usize, weights: usize, filterBlocks: i32, sums: usize, sumsPixelBytes: usize,
): void {
  if (!ASC_NO_ASSERT) {
    assert(pixels >= 1 && filterBlocks >= 1, 'there is a pixel and a block of filters');
    assert(depthBytes >= 8 && depthBytes % 8 == 0, 'a patch is words of 8 bytes');
    assert(isAt(patches, 8) && isAt(weights, 8), 'patches and weights are words of 8 bytes');
    assert(isAt(sums, 4) && sumsPixelBytes % 32 == 0, 'sums are i32, blocks of 8 for each pixel');
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    let row = weights;
    for (let filter = 0; filter < filterBlocks * 8; filter += 2) {
      let first: u64 = 0, second: u64 = 0;
      for (let k: usize = 0; k < depthBytes; k += 8) {
        const patch = load<u64>(patches + k);
        first += popcnt<u64>(patch ^ load<u64>(row + k));
        second += popcnt<u64>(patch ^ load<u64>(row + depthBytes + k));
      }
      store<u64>(sums + (<usize>filter << 2), first | (second << 32));
      row += depthBytes * 2;
    }
    patches += depthBytes;
    sums += sumsPixelBytes;
  }
}
