// plane-epilogue.ts — what follows a convolution whose lanes are pixels: epilogue.ts for planes.
//
//   x = sum;  x = x * scale + bias;  x = x + addend;  x = clip(x, lo, hi);  output = x;  sign = x >= threshold
//
// Each product and each sum is rounded by itself, in this order (format/SPEC.md section 4). Channels without an affine have
// scale 1 and bias -0, which change nothing, not even the sign of a zero.
//
// Sums of look-up tables are halved, so their scale is doubled: fround(2h * s) = fround(h * 2s), since doubling is exact
// (the plan refuses scales whose double overflows).

import { PlaneEpilogue } from './records';

@inline
function finish4(x: v128, scale: v128, bias: v128, addend: usize, lo: v128, hi: v128, output: usize): v128 {
  x = f32x4.add(f32x4.mul(x, scale), bias);
  if (addend) x = f32x4.add(x, v128.load(addend));
  x = f32x4.pmin(f32x4.pmax(x, lo), hi);
  if (output) v128.store(output, x);
  return x;
}

/** Masks of 16 lanes from those of four vectors. */
@inline
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** +1 where `isPlus` is -1, else -1; 0 where `mask` is 0. */
@inline
function signs(isPlus: v128, mask: v128): v128 {
  return v128.and(i8x16.sub(i8x16.splat(-1), i8x16.add(isPlus, isPlus)), mask);
}

/**
 * Lanes `lane` to `lane + lanes` of one channel; both are multiples of 16.
 *
 * @param S what the sums are: f32; or i8, then they are halves and `wideSums`, if not 0, are i16 to be added to them.
 */
export function planeEpilogue<S>(e: PlaneEpilogue, channel: i32, sums: usize, wideSums: usize, lane: usize, lanes: usize): void {
  const c = <usize>channel;
  const scale = v128.load32_splat(e.scale + (c << 2)), bias = v128.load32_splat(e.bias + (c << 2));
  const lo = f32x4.splat(e.lo), hi = f32x4.splat(e.hi);
  let addend = e.addend ? e.addend + c * e.addendPlaneBytes + (lane << 2) : 0;
  let output = e.output ? e.output + c * e.outputPlaneBytes + (lane << 2) : 0;
  let plane = e.signs ? e.signs + c * e.signsPlaneBytes + lane : 0;
  const threshold = e.signs ? v128.load32_splat(e.thresholds + (c << 2)) : i32x4.splat(0);
  let mask = e.mask + lane;
  for (const end = sums + lanes * sizeof<S>(); sums < end; sums += 16 * sizeof<S>()) {
    let x: v128, y: v128, z: v128, w: v128;
    if (isInteger<S>()) {
      const narrowSums = v128.load(sums);
      let low = i16x8.extend_low_i8x16_s(narrowSums), high = i16x8.extend_high_i8x16_s(narrowSums);
      if (wideSums) {
        low = i16x8.add(low, v128.load(wideSums));
        high = i16x8.add(high, v128.load(wideSums, 16));
        wideSums += 32;
      }
      x = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low));
      y = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low));
      z = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high));
      w = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high));
    } else {
      x = v128.load(sums);
      y = v128.load(sums, 16);
      z = v128.load(sums, 32);
      w = v128.load(sums, 48);
    }
    x = finish4(x, scale, bias, addend, lo, hi, output);
    y = finish4(y, scale, bias, addend ? addend + 16 : 0, lo, hi, output ? output + 16 : 0);
    z = finish4(z, scale, bias, addend ? addend + 32 : 0, lo, hi, output ? output + 32 : 0);
    w = finish4(w, scale, bias, addend ? addend + 48 : 0, lo, hi, output ? output + 48 : 0);
    if (addend) addend += 64;
    if (output) output += 64;
    if (plane) {
      const isPlus = narrow(f32x4.ge(x, threshold), f32x4.ge(y, threshold), f32x4.ge(z, threshold), f32x4.ge(w, threshold));
      v128.store(plane, signs(isPlus, v128.load(mask)));
      plane += 16;
      mask += 16;
    }
  }
}

/** Signs straight from the halved sums: (sum >= sumThreshold) XOR flip. */
export function planeThreshold(e: PlaneEpilogue, channel: i32, sums: usize, wideSums: usize, lane: usize, lanes: usize): void {
  const c = <usize>channel;
  const threshold = v128.load16_splat(e.sumThresholds + (c << 1)), flip = v128.load8_splat(e.flips + c);
  let plane = e.signs + c * e.signsPlaneBytes + lane;
  let mask = e.mask + lane;
  for (const end = sums + lanes; sums < end; sums += 16) {
    const narrowSums = v128.load(sums);
    let low = i16x8.extend_low_i8x16_s(narrowSums), high = i16x8.extend_high_i8x16_s(narrowSums);
    if (wideSums) {
      low = i16x8.add(low, v128.load(wideSums));
      high = i16x8.add(high, v128.load(wideSums, 16));
      wideSums += 32;
    }
    const isPlus = i8x16.narrow_i16x8_s(i16x8.ge_s(low, threshold), i16x8.ge_s(high, threshold));
    v128.store(plane, signs(v128.xor(isPlus, flip), v128.load(mask)));
    plane += 16;
    mask += 16;
  }
}
