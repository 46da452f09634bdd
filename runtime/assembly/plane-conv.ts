import { finishFloats } from './plane-epilogue';
import { isAt } from './preconditions';
import { PairPlanes, PlaneConv, PlaneElementwise } from './records';

// plane-conv.ts — convolution of float planes (the stem, downsamples).
//
//   sum[o] = sum over (ky, kx, i) of x[...] * w[o, ky, kx, i], product and sum rounded, in this order (SPEC 4.3)
//
// Lanes hold different pixels, so the order inside a sum is that of `taps`, the reference's. Pads lie in the planes as zeros: a
// product +-0 added to a sum that began at +0 doesn't change it.
//
// Integer convolutions have pairs of i16 in place of floats: two neighbouring taps of a kernel row, multiplied and added by one
// instruction, i32x4.dot_i16x8_s, in exact integers. The plan keeps sums below 2^31.

@inline
function multiplyAdd<E>(sum: v128, x: v128, w: v128): v128 {
  return isInteger<E>() ? i32x4.add(sum, i32x4.dot_i16x8_s(x, w)) : f32x4.add(sum, f32x4.mul(x, w));
}

@inline
function toFloats<E>(sum: v128): v128 {
  return isInteger<E>() ? f32x4.convert_i32x4_s(sum) : sum;
}

/**
 * Sums of 2 filters for `lanes` lanes, 16 at a time: 8 accumulators are as many as V8 keeps in registers here (with 10 it took 1.6
 * times as long per sum).
 *
 * A turn of the inner loop is two taps with a branch between: the stem takes 5 % less time than with one tap a turn. Without that branch
 * it takes 1.45 times as long, for V8 loads both taps before it multiplies, and runs out of registers.
 *
 * @param E what the elements are: f32, or i32 for pairs of i16.
 * @param tapCount at least 1. @param lanes rounded up to a multiple of 16. @param sums f32 (2, sumsBytes / 4)
 */
@inline
function filtersOf<E>(input: usize, taps: usize, tapCount: i32, weights: usize, lanes: usize, sums: usize, sumsBytes: usize): void {
  if (!ASC_NO_ASSERT) {
    assert(tapCount >= 1, 'there is a tap');
    assert(lanes >= 1, 'there is a lane');
    assert(isAt(input, 4) && isAt(weights, 4) && isAt(sums, 4), 'planes, weights and sums are words of 4 bytes');
    assert(isAt(taps, 4), 'taps are u32');
  }
  const end = taps + (<usize>tapCount << 2), endInside = end - 4;
  for (let at: usize = 0; at < lanes << 2; at += 64) {
    const first = input + at;
    const zero = f32x4.splat(0);
    let a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    let tap = taps, w = weights;
    while (true) {
      let x = first + load<u32>(tap);
      let x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
      let wa = v128.load32_splat(w), wb = v128.load32_splat(w, 4);
      a0 = multiplyAdd<E>(a0, x0, wa); a1 = multiplyAdd<E>(a1, x1, wa); a2 = multiplyAdd<E>(a2, x2, wa); a3 = multiplyAdd<E>(a3, x3, wa);
      b0 = multiplyAdd<E>(b0, x0, wb); b1 = multiplyAdd<E>(b1, x1, wb); b2 = multiplyAdd<E>(b2, x2, wb); b3 = multiplyAdd<E>(b3, x3, wb);
      if (tap == endInside) break;
      w += 8;

      x = first + load<u32>(tap, 4);
      x0 = v128.load(x); x1 = v128.load(x, 16); x2 = v128.load(x, 32); x3 = v128.load(x, 48);
      wa = v128.load32_splat(w); wb = v128.load32_splat(w, 4);
      a0 = multiplyAdd<E>(a0, x0, wa); a1 = multiplyAdd<E>(a1, x1, wa); a2 = multiplyAdd<E>(a2, x2, wa); a3 = multiplyAdd<E>(a3, x3, wa);
      b0 = multiplyAdd<E>(b0, x0, wb); b1 = multiplyAdd<E>(b1, x1, wb); b2 = multiplyAdd<E>(b2, x2, wb); b3 = multiplyAdd<E>(b3, x3, wb);
      tap += 8;
      if (tap == end) break;
      w += 8;
    }
    let to = sums + at;
    v128.store(to, toFloats<E>(a0)); v128.store(to, toFloats<E>(a1), 16); v128.store(to, toFloats<E>(a2), 32); v128.store(to, toFloats<E>(a3), 48);
    to += sumsBytes;
    v128.store(to, toFloats<E>(b0)); v128.store(to, toFloats<E>(b1), 16); v128.store(to, toFloats<E>(b2), 32); v128.store(to, toFloats<E>(b3), 48);
  }
}

/** {@link filtersOf} of floats, with what it requires. */
export function twoFilters(
  input: usize, taps: usize, tapCount: i32, weights: usize, lanes: usize, sums: usize, sumsBytes: usize,
): void {
  filtersOf<f32>(input, taps, tapCount, weights, lanes, sums, sumsBytes);
}

/** {@link filtersOf} of pairs of i16, with what it requires; no sum leaves the range of i32. */
export function twoIntegerFilters(
  input: usize, taps: usize, tapCount: i32, weights: usize, lanes: usize, sums: usize, sumsBytes: usize,
): void {
  filtersOf<i32>(input, taps, tapCount, weights, lanes, sums, sumsBytes);
}

@inline
function convOf<E>(c: PlaneConv): void {
  checkPlaneConv(c);
  const e = c.epilogue;
  const sumsBytes = <usize>c.stripLanes << 2;
  for (let lane = 0; lane < c.lanes; lane += c.stripStep) {
    const lanes = <usize>min(c.stripLanes, c.lanes - lane);
    for (let group = 0; group < c.groups; group++) {
      const input = c.input + <usize>group * c.groupBytes + (<usize>lane << 2);
      let weights = c.weights + <usize>group * c.groupWeightBytes;
      for (let filter = 0; filter < c.groupFilters; filter += 2) {
        if (isInteger<E>()) twoIntegerFilters(input, c.taps, c.tapCount, weights, lanes, c.sums, sumsBytes);
        else twoFilters(input, c.taps, c.tapCount, weights, lanes, c.sums, sumsBytes);
        weights += <usize>c.tapCount << 3;
        const last = min(2, c.groupFilters - filter);
        for (let n = 0; n < last; n++) {
          finishFloats(e, group * c.groupFilters + filter + n, c.sums + <usize>n * sumsBytes, <usize>lane, lanes);
        }
      }
    }
  }
}

/**
 * Float weights on float planes. Requires what {@link checkPlaneConv} says.
 *
 * @section planes
 * @takes f32 x f32 -> f32, then f32 or i8 signs
 * @tile 2 filters x 16 lanes
 * @chosen `conv` of floats between convolutions by tables; it also stands in for `convFloatLut` where no table fits
 * @room conv-planes.ts
 */
export function convPlanes(c: PlaneConv): void {
  convOf<f32>(c);
}

/**
 * Integer weights on pairs of i16.
 *
 * Requires, beside what {@link checkPlaneConv} says: elements from -255 to 255, as {@link pairPlanes} writes them, and weights
 * whose magnitudes add up to less than 2^31 / 255 in each filter, so that no sum overflows.
 *
 * @section planes
 * @takes pairs of i16 x pairs of i16 -> i32 -> f32, then f32 or i8 signs
 * @tile 2 filters x 16 lanes x 2 taps
 * @chosen an integer convolution (SPEC 4.3) whose sums fit an i32 and whose taps are neighbours
 * @room conv-planes.ts
 */
export function convPairs(c: PlaneConv): void {
  convOf<i32>(c);
}

/** Whole numbers, ties to even, from -255 to 255: SPEC 4.3. */
@inline
function wholeNumbers(x: v128): v128 {
  const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(x));
  return i32x4.min_s(i32x4.max_s(whole, i32x4.splat(-255)), i32x4.splat(255));
}

/**
 * Float planes to pairs of i16: lane l of a row has the columns l * stride and l * stride + 1 of the padded operand.
 * A row goes through `row`, which has zeros for the pads on both sides of it.
 *
 * Requires at least one plane, row and column, a stride of 1 or 2, and room in `row` for the padded row and 4 floats behind the
 * last column. Rows of the output are written up to the next multiple of 4 columns: what is below is written later.
 *
 * @section planes
 * @takes f32 -> pairs of i16
 * @tile 1 channel x 4 columns
 * @chosen in front of `convPairs`
 * @room pair-planes.ts
 */
export function pairPlanes(p: PairPlanes): void {
  if (!ASC_NO_ASSERT) {
    assert(p.planes >= 1 && p.rows >= 1 && p.columns >= 1 && p.width >= 1, 'there is an element');
    assert(p.padLeft >= 0, 'pads lie outside the operand');
    assert(p.stride == 1 || p.stride == 2, 'output pixels lie 1 or 2 columns apart');
    assert(isAt(p.input, 4) && isAt(p.row, 4) && isAt(p.output, 4), 'planes are words of 4 bytes');
    assert(p.inputPlaneBytes % 4 == 0 && p.inputRowBytes % 4 == 0, 'rows of the input lie whole floats apart');
    assert(p.outputPlaneBytes % 4 == 0 && p.outputRowBytes % 4 == 0, 'rows of the output lie whole pairs apart');
  }
  const rowStart = p.row + (<usize>p.padLeft << 2);
  const widthBytes = <usize>p.width << 2;
  for (let plane = 0; plane < p.planes; plane++) {
    for (let row = 0; row < p.rows; row++) {
      const from = p.input + <usize>plane * p.inputPlaneBytes + <usize>row * p.inputRowBytes;
      for (let at: usize = 0; at < widthBytes; at += 4) store<f32>(rowStart + at, load<f32>(from + at));
      let to = p.output + <usize>plane * p.outputPlaneBytes + <usize>row * p.outputRowBytes;
      let x = p.row;
      for (const end = to + (<usize>p.columns << 2); to < end; to += 16) {
        if (p.stride == 2) {
          v128.store(to, i16x8.narrow_i32x4_s(wholeNumbers(v128.load(x)), wholeNumbers(v128.load(x, 16))));
          x += 32;
        } else {
          const low = v128.and(wholeNumbers(v128.load(x)), i32x4.splat(0xffff));
          v128.store(to, v128.or(low, i32x4.shl(wholeNumbers(v128.load(x, 4)), 16)));
          x += 16;
        }
      }
    }
  }
}

/**
 * Affine, add, clip and sign of float planes in one pass.
 *
 * Requires at least one channel, whole vectors of 16 lanes, and an epilogue without integer thresholds.
 *
 * @section planes
 * @takes f32 -> f32 or i8 signs
 * @tile 1 channel x 16 lanes
 * @chosen as `elementwise`
 * @room elementwise-planes.ts
 */
export function elementwisePlanes(a: PlaneElementwise): void {
  if (!ASC_NO_ASSERT) {
    assert(a.channels >= 1, 'there is a channel');
    assert(a.lanes >= 16 && a.lanes % 16 == 0, 'planes are whole vectors of 16 lanes');
    assert(isAt(a.input, 4) && a.inputPlaneBytes % 4 == 0, 'planes are f32');
    assert(changetype<usize>(a.epilogue) != 0, 'there is an epilogue');
  }
  const e = a.epilogue;
  for (let channel = 0; channel < a.channels; channel++) {
    finishFloats(e, channel, a.input + <usize>channel * a.inputPlaneBytes, 0, <usize>a.lanes);
  }
}

/** What convolutions of planes require: something to convolve, strips of whole vectors of 16 lanes, and an epilogue. */
function checkPlaneConv(c: PlaneConv): void {
  if (ASC_NO_ASSERT) return;
  assert(c.tapCount >= 1, 'there is a tap');
  assert(c.groups >= 1 && c.groupFilters >= 1, 'there is a filter');
  assert(isAt(c.input, 4) && c.groupBytes % 4 == 0, 'planes are words of 4 bytes');
  assert(isAt(c.taps, 4) && isAt(c.weights, 4) && isAt(c.sums, 4), 'taps, weights and sums are words of 4 bytes');
  assert(c.groups == 1 || c.groupWeightBytes == <usize>((c.groupFilters + 1) >> 1) * <usize>c.tapCount * 8, 'groups have whole pairs of filters');
  assert(c.lanes >= 16 && c.stripLanes >= 16, 'there is a vector of 16 lanes');
  assert(c.stripStep >= c.stripLanes, "strips don't overlap");
  const lastLanes = (c.lanes - 1) % c.stripStep + 1;
  assert(c.stripLanes % 16 == 0 && min(c.stripLanes, lastLanes) % 16 == 0, 'every strip is whole vectors of 16 lanes');
  assert(changetype<usize>(c.epilogue) != 0, 'there is an epilogue');
}
