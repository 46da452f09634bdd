// plane-epilogue.ts — what follows a convolution whose lanes are pixels: epilogue.ts for planes.
//
//   x = sum;  x = max(x + sumBias, sumLeast);  x = x * scale + bias;  x = x + border;  x = x + addend;  x = clip(x, lo, hi);  output = x;
//   sign = x >= threshold
//
// These are steps 7 to 13 of the derivation in epilogue.ts, each product and each sum rounded by itself, in this order
// (format/SPEC.md section 4). Channels without an affine have scale 1 and bias -0, which change nothing, not even the sign of a zero.
//
// Sums of look-up tables are halves, so what is added to them and their integer threshold are halved, and their scale is doubled (step 15).
//
// Border values depend on a lane's border class alone, and most rows of a map are in the same class. So a plane of them has few rows, and
// `places` says where those for the 16 lanes from a lane on begin.

import { isAt, isAtOrAbsent } from './preconditions';
import { PlaneEpilogue } from './records';

/** Masks of 16 lanes from those of four vectors. */
@inline
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** +1 where `isPlus` is -1, else -1; 0 where `mask` is 0. */
@inline
function signs(isPlus: v128, mask: v128): v128 {
  return v128.andnot(mask, v128.and(isPlus, i8x16.splat(-2)));
}

/**
 * Lanes `lane` to `lane + lanes` of channel `c`. What isn't there is asked for once for 16 lanes: their four vectors take each step together.
 *
 * @param isAll a constant: whether nothing has to be asked, since there are an addend, an output and signs, and no border values.
 */
@inline
function finish<S>(isAll: bool, e: PlaneEpilogue, c: usize, sums: usize, wideSums: usize, lane: usize, lanes: usize): void {
  const scale = v128.load32_splat(e.scale + (c << 2)), bias = v128.load32_splat(e.bias + (c << 2));
  const lo = f32x4.splat(e.lo), hi = f32x4.splat(e.hi), least = f32x4.splat(e.sumLeast);
  const hasClip = e.lo != -Infinity || e.hi != Infinity;
  const places = e.places;
  const sumBias = e.sumBias ? e.sumBias + c * e.borderPlaneBytes : 0;
  const border = e.border ? e.border + c * e.borderPlaneBytes : 0;
  const addend = e.addend ? e.addend + c * e.addendPlaneBytes : 0;
  const output = e.output ? e.output + c * e.outputPlaneBytes : 0;
  const plane = e.signs ? e.signs + c * e.signsPlaneBytes : 0;
  const threshold = plane ? v128.load32_splat(e.thresholds + (c << 2)) : i32x4.splat(0);
  const mask = e.mask;
  for (const end = lane + lanes; lane < end; lane += 16) {
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
    sums += 16 * sizeof<S>();
    const at = lane << 2;
    if (isInteger<S>() && !isAll && sumBias) {
      const b = sumBias + load<u32>(places + at);
      x = f32x4.pmax(f32x4.add(x, v128.load(b)), least);
      y = f32x4.pmax(f32x4.add(y, v128.load(b, 16)), least);
      z = f32x4.pmax(f32x4.add(z, v128.load(b, 32)), least);
      w = f32x4.pmax(f32x4.add(w, v128.load(b, 48)), least);
    }
    x = f32x4.add(f32x4.mul(x, scale), bias);
    y = f32x4.add(f32x4.mul(y, scale), bias);
    z = f32x4.add(f32x4.mul(z, scale), bias);
    w = f32x4.add(f32x4.mul(w, scale), bias);
    if (!isAll && border) {
      const b = border + load<u32>(places + at);
      x = f32x4.add(x, v128.load(b));
      y = f32x4.add(y, v128.load(b, 16));
      z = f32x4.add(z, v128.load(b, 32));
      w = f32x4.add(w, v128.load(b, 48));
    }
    if (isAll || addend) {
      const a = addend + at;
      x = f32x4.add(x, v128.load(a));
      y = f32x4.add(y, v128.load(a, 16));
      z = f32x4.add(z, v128.load(a, 32));
      w = f32x4.add(w, v128.load(a, 48));
    }
    if (isAll || hasClip) {
      x = f32x4.pmin(f32x4.pmax(x, lo), hi);
      y = f32x4.pmin(f32x4.pmax(y, lo), hi);
      z = f32x4.pmin(f32x4.pmax(z, lo), hi);
      w = f32x4.pmin(f32x4.pmax(w, lo), hi);
    }
    if (isAll || output) {
      const to = output + at;
      v128.store(to, x);
      v128.store(to, y, 16);
      v128.store(to, z, 32);
      v128.store(to, w, 48);
    }
    if (isAll || plane) {
      const isPlus = narrow(f32x4.ge(x, threshold), f32x4.ge(y, threshold), f32x4.ge(z, threshold), f32x4.ge(w, threshold));
      v128.store(plane + lane, signs(isPlus, v128.load(mask + lane)));
    }
  }
}

/**
 * Lanes `lane` to `lane + lanes` of one channel. A block of a residual network has everything but border values.
 *
 * Requires a multiple of 16 lanes, a scale and a bias for the channel, a lower bound that is not above the upper one, something
 * to write, and a mask and thresholds where signs are written.
 *
 * @param S what the sums are: f32; or i8, then they are halves and `wideSums`, if not 0, are i16 to be added to them.
 */
@inline
function planeEpilogue<S>(e: PlaneEpilogue, channel: i32, sums: usize, wideSums: usize, lane: usize, lanes: usize): void {
  const c = <usize>channel;
  checkLanes(channel, sums, lanes);
  checkEpilogue(e);
  const isAll = isInteger<S>() && !e.places && e.addend && e.output && e.signs;
  if (isAll) finish<S>(true, e, c, sums, wideSums, lane, lanes);
  else finish<S>(false, e, c, sums, wideSums, lane, lanes);
}

/** {@link planeEpilogue} of f32 sums. */
export function finishFloats(e: PlaneEpilogue, channel: i32, sums: usize, lane: usize, lanes: usize): void {
  planeEpilogue<f32>(e, channel, sums, 0, lane, lanes);
}

/** {@link planeEpilogue} of halved sums. */
export function finishSums(e: PlaneEpilogue, channel: i32, sums: usize, wideSums: usize, lane: usize, lanes: usize): void {
  planeEpilogue<i8>(e, channel, sums, wideSums, lane, lanes);
}

/**
 * Signs straight from the halved sums: (sum >= sumThreshold) XOR flip.
 *
 * Requires a multiple of 16 lanes, signs to write with their mask, and a threshold and a flip for the channel.
 */
export function planeThreshold(e: PlaneEpilogue, channel: i32, sums: usize, wideSums: usize, lane: usize, lanes: usize): void {
  const c = <usize>channel;
  checkLanes(channel, sums, lanes);
  if (!ASC_NO_ASSERT) {
    assert(isAt(e.sumThresholds, 2) && e.flips != 0, 'there are integer thresholds and flips');
    assert(e.signs != 0 && e.mask != 0, 'there are signs to write, and their mask');
  }
  const threshold = v128.load16_splat(e.sumThresholds + (c << 1)), flip = v128.load8_splat(e.flips + c);
  // What is missing to the threshold where the narrow sum is 0. A difference beyond an i8 becomes -128 or 127, and no narrow sum
  // is below the one or reaches the other (lut-conv.ts).
  let missing = i8x16.narrow_i16x8_s(threshold, threshold);
  let plane = e.signs + c * e.signsPlaneBytes + lane;
  let mask = e.mask + lane;
  for (const end = sums + lanes; sums < end; sums += 16) {
    if (wideSums) {
      missing = i8x16.narrow_i16x8_s(
        i16x8.sub_sat_s(threshold, v128.load(wideSums)),
        i16x8.sub_sat_s(threshold, v128.load(wideSums, 16)),
      );
      wideSums += 32;
    }
    const isMinus = i8x16.gt_s(missing, v128.load(sums));
    v128.store(plane, v128.and(v128.or(v128.xor(isMinus, flip), i8x16.splat(1)), v128.load(mask)));
    plane += 16;
    mask += 16;
  }
}

@inline
function checkLanes(channel: i32, sums: usize, lanes: usize): void {
  if (ASC_NO_ASSERT) return;
  assert(channel >= 0, 'the channel is one of the map');
  assert(sums != 0, 'there are sums');
  assert(lanes >= 16 && lanes % 16 == 0, 'lanes are whole vectors of 16');
}

/** What an epilogue of floats requires. */
@inline
function checkEpilogue(e: PlaneEpilogue): void {
  if (ASC_NO_ASSERT) return;
  assert(isAt(e.scale, 4) && isAt(e.bias, 4), 'there are scales and biases');
  assert(isAtOrAbsent(e.addend, 4) && e.addendPlaneBytes % 4 == 0, 'what is added is f32');
  assert(isAtOrAbsent(e.output, 4) && e.outputPlaneBytes % 4 == 0, 'the output is f32');
  assert(e.lo <= e.hi, 'the lower bound is not above the upper one');
  assert((e.places == 0) == (e.sumBias == 0 && e.border == 0), 'border values have places');
  assert(isAtOrAbsent(e.sumBias, 4) && isAtOrAbsent(e.border, 4) && e.borderPlaneBytes % 4 == 0, 'border values are f32');
  assert((e.signs == 0) == (e.mask == 0), 'signs have a mask');
  assert((e.signs == 0) == (e.thresholds == 0) && isAtOrAbsent(e.thresholds, 4), 'signs have thresholds');
  assert(e.output != 0 || e.signs != 0, 'there is something to write');
  assert(e.sumThresholds == 0, 'integer thresholds are taken by planeThreshold');
}
