import { checkFloatConv } from './conv-float';
import { epilogueRow } from './epilogue';
import { Conv } from './records';

/**
 * Integer convolution on pixels (SPEC 4.3): elements are rounded to whole numbers from -255 to 255, sums are exact in binary64
 * and rounded once. It serves engines without SIMD and what has no planes. Weights lie as in conv-float.ts.
 *
 * Requires, beside what {@link checkFloatConv} says: weights are whole numbers of 16 bits, so that a sum of 2^30 taps stays
 * below 2^53 and is exact.
 *
 * @section pixels
 * @takes f32 x whole numbers in f32 -> f64 -> f32, then f32 or bits
 * @tile 1 pixel x 1 filter
 * @chosen an integer convolution (SPEC 4.3) that isn't on planes
 * @room conv-float.ts
 */
export function convIntegerOf<T>(c: Conv): void {
  checkFloatConv(c);
  const e = c.epilogue;
  const taps = <usize>c.kernelRows * <usize>c.kernelColumns * (c.tapBytes >> 2);
  for (let row = 0; row < c.rows; row++) {
    for (let group = 0; group < c.groups; group++) {
      const input = c.input + <usize>row * c.strideRowBytes + <usize>group * c.groupBytes;
      const weights = c.weights + <usize>group * c.groupWeightBytes;
      for (let column = 0; column < c.columns; column++) {
        const sums = c.sums + <usize>column * c.sumsPixelBytes + <usize>(group * c.groupFilters) * 4;
        for (let filter = 0; filter < c.groupFilters; filter++) {
          const w = weights + <usize>(filter >> 3) * taps * 32 + <usize>(filter & 7) * 4;
          store<f32>(sums + (<usize>filter << 2), <f32>filterSum(c, input + <usize>column * c.stridePixelBytes, w));
        }
      }
    }
    epilogueRow<T, f32>(e, c.sums, c.sumsPixelBytes, row, 0, 0);
  }
}

function filterSum(c: Conv, first: usize, w: usize): f64 {
  let sum: f64 = 0;
  for (let ky = 0; ky < c.kernelRows; ky++) {
    let tap = first;
    for (let kx = 0; kx < c.kernelColumns; kx++) {
      for (let i: usize = 0; i < c.tapBytes; i += 4) {
        if (!ASC_NO_ASSERT) assert(isWeight(load<f32>(w)), 'a weight is a whole number of 16 bits');
        const x = max<f32>(-255, min<f32>(255, nearest<f32>(load<f32>(tap + i))));
        // NaN is worth 0, as where lanes are converted to integers.
        sum += <f64>(x == x ? x : 0) * <f64>load<f32>(w);
        w += 32;
      }
      tap += c.tapPixelBytes;
    }
    first += c.tapRowBytes;
  }
  return sum;
}

@inline
function isWeight(w: f32): bool {
  return nearest<f32>(w) == w && w >= -32_768 && w <= 32_767;
}
