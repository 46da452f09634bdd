import { epilogueRow } from './epilogue';
import { add, laneBytes, loadLanes, loadSplat, mul, splat, storeLanes } from './lanes';
import { checkConv } from './preconditions';
import { Conv } from './records';

// conv-float.ts — convolution of floats (the stem, downsamples, the head, 1-bit weights on floats).
//
//   sum[o] = sum over (ky, kx, i) of x[...] * w[o, ky, kx, i], product and sum rounded, in this order (SPEC 4.3)
//
// Lanes hold different filters, so the order inside a sum is the reference's. Pads lie in the map as zeros: a product
// +-0 added to a sum that began at +0 doesn't change it.
//
// weights (groups, filters / 8, ky, kx, i, 8) f32: 8 filters side by side, zeros for those missing in the last block.

/**
 * One row of sums for 8 filters, four pixels at a time. The last tile of a row that is no multiple of 4 takes its last
 * pixel again, which writes the same sums twice.
 */
@inline
function filterBlockRow<T>(c: Conv, input: usize, weights: usize, sums: usize): void {
  const kernelRows = c.kernelRows;
  const kernelColumns = c.kernelColumns;
  const tapBytes = c.tapBytes;
  const last = c.columns - 1;
  for (let column = 0; column <= last; column += 4) {
    const c1 = min(column + 1, last), c2 = min(column + 2, last), c3 = min(column + 3, last);
    // The 8 filters of a block are two vectors, or eight scalars one after the other.
    for (let lane: usize = 0; lane < 32; lane += laneBytes<T>() * 2) {
      const zero = splat<T>(0);
      let s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero;
      let w = weights + lane;
      let x0 = input + <usize>column * c.stridePixelBytes;
      const d1 = <usize>(c1 - column) * c.stridePixelBytes;
      const d2 = <usize>(c2 - column) * c.stridePixelBytes;
      const d3 = <usize>(c3 - column) * c.stridePixelBytes;
      for (let ky = 0; ky < kernelRows; ky++) {
        let tap = x0;
        for (let kx = 0; kx < kernelColumns; kx++) {
          for (let i: usize = 0; i < tapBytes; i += 4) {
            const x = tap + i;
            const w0 = loadLanes<T>(w), w1 = loadLanes<T>(w + laneBytes<T>());
            const p0 = loadSplat<T>(x);
            s00 = add<T>(s00, mul<T>(p0, w0)); s01 = add<T>(s01, mul<T>(p0, w1));
            const p1 = loadSplat<T>(x + d1);
            s10 = add<T>(s10, mul<T>(p1, w0)); s11 = add<T>(s11, mul<T>(p1, w1));
            const p2 = loadSplat<T>(x + d2);
            s20 = add<T>(s20, mul<T>(p2, w0)); s21 = add<T>(s21, mul<T>(p2, w1));
            const p3 = loadSplat<T>(x + d3);
            s30 = add<T>(s30, mul<T>(p3, w0)); s31 = add<T>(s31, mul<T>(p3, w1));
            w += 32;
          }
          tap += c.tapPixelBytes;
        }
        x0 += c.tapRowBytes;
      }
      storePair<T>(sums + <usize>column * c.sumsPixelBytes + lane, s00, s01);
      storePair<T>(sums + <usize>c1 * c.sumsPixelBytes + lane, s10, s11);
      storePair<T>(sums + <usize>c2 * c.sumsPixelBytes + lane, s20, s21);
      storePair<T>(sums + <usize>c3 * c.sumsPixelBytes + lane, s30, s31);
    }
  }
}

@inline
function storePair<T>(address: usize, first: T, second: T): void {
  storeLanes<T>(address, first);
  storeLanes<T>(address + laneBytes<T>(), second);
}

/**
 * Blocks of 8 filters may write past a group's last filter; the next group overwrites that.
 *
 * Requires what {@link checkFloatConv} says.
 *
 * @section pixels
 * @takes f32 x f32 -> f32, then f32 or bits
 * @tile 4 pixels x 8 filters
 * @chosen `conv` or `linear` of floats; weights of other types become floats when the model is loaded
 * @room conv-float.ts
 */
@inline
export function convFloatOf<T>(c: Conv): void {
  checkFloatConv(c);
  const e = c.epilogue;
  const filterBlocks = (c.groupFilters + 7) >> 3;
  const blockWeightBytes = <usize>c.kernelRows * <usize>c.kernelColumns * c.tapBytes * 8;
  for (let row = 0; row < c.rows; row++) {
    for (let group = 0; group < c.groups; group++) {
      const input = c.input + <usize>row * c.strideRowBytes + <usize>group * c.groupBytes;
      const weights = c.weights + <usize>group * c.groupWeightBytes;
      const sums = c.sums + <usize>(group * c.groupFilters) * 4;
      for (let block = 0; block < filterBlocks; block++) {
        filterBlockRow<T>(c, input, weights + <usize>block * blockWeightBytes, sums + <usize>block * 32);
      }
    }
    epilogueRow<T, f32>(e, c.sums, c.sumsPixelBytes, row, 0, 0);
  }
}

/**
 * What convolutions of f32 pixels require beside {@link checkConv}: elements lie at multiples of 4 bytes, and no integer threshold
 * follows.
 */
export function checkFloatConv(c: Conv): void {
  if (ASC_NO_ASSERT) return;
  checkConv(c);
  assert(c.input % 4 == 0 && c.tapBytes % 4 == 0 && c.groupBytes % 4 == 0, 'a tap is whole floats');
  assert(c.strideRowBytes % 4 == 0 && c.stridePixelBytes % 4 == 0, 'output pixels begin at whole floats');
  assert(c.tapRowBytes % 4 == 0 && c.tapPixelBytes % 4 == 0, 'taps lie whole floats apart');
  const blockBytes = <usize>(c.kernelRows * c.kernelColumns) * c.tapBytes * 8;
  assert(c.groups == 1 || c.groupWeightBytes == <usize>((c.groupFilters + 7) >> 3) * blockBytes, 'groups have whole blocks of 8 filters');
  assert(c.epilogue.sumThresholds == 0, 'integer thresholds are for binary convolutions');
}
