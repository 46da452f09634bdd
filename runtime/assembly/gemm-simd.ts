import { isAt } from './preconditions';

// gemm-simd.ts — mismatches of binary patches and filters, tiles of 4 pixels x 8 filters and 1 x 8.
//
//   mismatches[p, f] = sum_k popcount(patch[p, k] XOR weights[f, k]),   k = words of 32 taps
//
// patches (pixels, depthBytes)                 bits, one row per output pixel
// weights (filters / 8, depthBytes / 4, 8) u32 for each word, the words of 8 filters: two vectors of 4 filters
// sums    (pixels, sumsPixelBytes / 4) i32
//
// One word of a pixel is splatted over four filters, so a lane never needs a horizontal sum. A lane of i8x16.popcnt
// counts at most 8 and a byte holds 255, so bytes are widened after at most 31 words.

/** How many words a byte can count: floor(255 / 8). */
const WORDS_PER_WIDENING: i32 = 31;

@inline
function count(sum: v128, patch: v128, weights: v128): v128 {
  return i8x16.add(sum, i8x16.popcnt(v128.xor(patch, weights)));
}

@inline
function widen(total: v128, sum: v128): v128 {
  return i32x4.add(total, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(sum)));
}

function tile4x8(patches: usize, depthBytes: usize, weights: usize, sums: usize, sumsPixelBytes: usize): void {
  const zero = i32x4.splat(0);
  let t00 = zero, t01 = zero, t10 = zero, t11 = zero, t20 = zero, t21 = zero, t30 = zero, t31 = zero;
  const second = depthBytes, third = depthBytes * 2, fourth = depthBytes * 3;
  let words = <i32>(depthBytes >> 2);
  while (words > 0) {
    let s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero;
    for (let n = min(words, WORDS_PER_WIDENING); n > 0; n--) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const p0 = v128.load32_splat(patches);
      s00 = count(s00, p0, w0);
      s01 = count(s01, p0, w1);
      const p1 = v128.load32_splat(patches + second);
      s10 = count(s10, p1, w0);
      s11 = count(s11, p1, w1);
      const p2 = v128.load32_splat(patches + third);
      s20 = count(s20, p2, w0);
      s21 = count(s21, p2, w1);
      const p3 = v128.load32_splat(patches + fourth);
      s30 = count(s30, p3, w0);
      s31 = count(s31, p3, w1);
      patches += 4;
      weights += 32;
    }
    t00 = widen(t00, s00); t01 = widen(t01, s01);
    t10 = widen(t10, s10); t11 = widen(t11, s11);
    t20 = widen(t20, s20); t21 = widen(t21, s21);
    t30 = widen(t30, s30); t31 = widen(t31, s31);
    words -= WORDS_PER_WIDENING;
  }
  v128.store(sums, t00); v128.store(sums, t01, 16); sums += sumsPixelBytes;
  v128.store(sums, t10); v128.store(sums, t11, 16); sums += sumsPixelBytes;
  v128.store(sums, t20); v128.store(sums, t21, 16); sums += sumsPixelBytes;
  v128.store(sums, t30); v128.store(sums, t31, 16);
}

function tile1x8(patch: usize, depthBytes: usize, weights: usize, sums: usize): void {
  const zero = i32x4.splat(0);
  let t0 = zero, t1 = zero;
  let words = <i32>(depthBytes >> 2);
  while (words > 0) {
    let s0 = zero, s1 = zero;
    for (let n = min(words, WORDS_PER_WIDENING); n > 0; n--) {
      const p = v128.load32_splat(patch);
      s0 = count(s0, p, v128.load(weights));
      s1 = count(s1, p, v128.load(weights, 16));
      patch += 4;
      weights += 32;
    }
    t0 = widen(t0, s0);
    t1 = widen(t1, s1);
    words -= WORDS_PER_WIDENING;
  }
  v128.store(sums, t0);
  v128.store(sums, t1, 16);
}

/**
 * Requires at least one pixel and one block of filters, and rows of whole u32.
 *
 * @param depthBytes a multiple of 4.
 * @param filterBlocks filters / 8, rounded up; the weights of the filters that are missing in the last block are 0.
 * @param sumsPixelBytes a multiple of 32.
 */
export function gemm(
  patches: usize, pixels: i32, depthBytes: usize, weights: usize, filterBlocks: i32, sums: usize, sumsPixelBytes: usize,
): void {
  if (!ASC_NO_ASSERT) {
    assert(pixels >= 1 && filterBlocks >= 1, 'there is a pixel and a block of filters');
    assert(depthBytes >= 4 && depthBytes % 4 == 0, 'a patch is words of 4 bytes');
    assert(isAt(patches, 4) && isAt(weights, 4), 'patches and weights are words of 4 bytes');
    assert(isAt(sums, 4) && sumsPixelBytes % 32 == 0, 'sums are i32, blocks of 8 for each pixel');
  }
  for (let block = 0; block < filterBlocks; block++) {
    let patch = patches;
    let sum = sums;
    let pixel = 0;
    for (; pixel <= pixels - 4; pixel += 4) {
      tile4x8(patch, depthBytes, weights, sum, sumsPixelBytes);
      patch += depthBytes * 4;
      sum += sumsPixelBytes * 4;
    }
    for (; pixel < pixels; pixel++) {
      tile1x8(patch, depthBytes, weights, sum);
      patch += depthBytes;
      sum += sumsPixelBytes;
    }
    weights += depthBytes * 8;
    sums += 32;
  }
}
