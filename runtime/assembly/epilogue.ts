import { Epilogue } from './records';
import { isAt, isAtOrAbsent } from './preconditions';
import { add, atLeast, atMost, greaterEqualBits, laneBytes, laneCount, loadLanes, mul, splat, storeLanes } from './lanes';
import { sumLanes, sumReachesBits } from './sums';

// epilogue.ts — what follows a convolution, fused so that its sums never leave the cache.
//
// The derivation of sums.ts goes on. Step 8 gave a binary convolution's `sum`, a whole number; a convolution of floats and a map that
// only goes through this epilogue begin here with a binary32. fround(v) is the binary32 next to v, ties to even (format/SPEC.md 1).
// finishPair does steps 8 to 13 and epilogueRow a row of them; thresholdRow does step 14 in place of steps 9 to 13.
//
//   A clip right behind the sum (SPEC 4.8) that only has a lower bound is taken there: x = sumLeast if x < sumLeast.
//
// Step 9. Affine (SPEC 4.5). Product and sum are rounded one by one, never fused:
//
//     x = fround(fround(sum * scale) + bias)
//
//   Without an affine the step is left out. A scale of 1 and a bias of +0 wouldn't do: they make +0 of -0.
//
// Step 10. Biases of border classes (SPEC 4.7), then an add (SPEC 4.6). Which operand comes first doesn't matter:
//
//     x = fround(x + border)
//     x = fround(x + addend)
//
//   The planner splits the classes of step 6 where those of the biases differ, so that a pixel's biases lie a fixed distance behind its
//   bases. Without bases there are no sums of bits, and biases come as a map, in place of the addend.
//
// Step 11. Clip (SPEC 4.8). Bounds of -infinity and +infinity change nothing, and lo <= hi, so one bound may follow the other:
//
//     x = lo if x < lo;   x = hi if x > hi
//
// Step 12. Output. x is the element of the map that others read, if anyone does.
//
// Step 13. Sign (SPEC 4.2). A tie, x = t, gives +1 by the rule `Plus`. By the rule `Minus` it gives -1, and x > t is the same as
//   x >= (the next binary32 above t), which the planner stores in its place. So there is one comparison for both:
//
//     bit = x >= threshold
//
//   Both zeros compare as equal, as they should. The thresholds of channels that are missing in the last block are NaN, and no x
//   reaches NaN: their bits are 0. (By the rule `Zero` a sign has three values, and is no bit: signMap.)
//
// Step 14. Integer thresholds. Where nothing is added and nobody reads x, steps 9 to 13 are a function f from the sum to a bit. Its
//   parts are monotone: fround never changes an order, a product with scale keeps it (scale > 0), turns it (scale < 0) or makes all
//   equal (scale = 0), and adding a constant, clipping and comparing keep it. So is f: over all sums that a filter can give it
//   changes its bit once at most. If it changes from 0 to 1, there is a whole number s with f(sum) = (sum >= s); if from 1 to 0, with
//   f(sum) = NOT (sum >= s); and if it doesn't, every sum is at least s = -2^31. In one expression:
//
//     bit = (sum >= sumThreshold) XOR flip
//
//   This is f itself, no approximation: sumThreshold finds s by bisection, evaluating the float expression. A closed form,
//   (t - bias) / scale, is off by one now and then, where a rounding crosses t. The sumThresholds of missing channels are
//   2^31 - 1, which no sum reaches, and their flips 0.
//
// Step 15. Halves. Kernels on planes look up half = sum / 2 (lut-tables.ts). It is whole: the channels of a pixel are all pads or
//   none is, and an even number of +-1 has an even sum. Their pads are 0 in the planes, so step 5 and the bases fall away. Step 9
//   takes a doubled scale, and doubling is exact unless it overflows, which the planner refuses. Step 14 takes half the threshold,
//   rounded up, but -2^15 at least, which every half reaches:
//
//     fround(sum * scale) = fround(half * (2 * scale))
//     sum >= s            where   half >= ceil(s / 2)
//
//   plane-epilogue.ts does all this for planes.
//
// A step whose address in the record is 0 is left out.

/**
 * Steps 8 to 13 for two neighbouring vectors of a pixel's channels, from byte `at` on: 8 channels with SIMD, 2 without. They go
 * together because each question below would be asked twice otherwise (1.3 times as fast on ResNet-20). Addresses are those of the
 * pixel's first channel, or 0 for what isn't there; only i32 sums have `bases`. They are arguments because the fields of a record
 * would be loaded again after every store.
 *
 * @returns one bit per lane; 0 without thresholds.
 */
@inline
function finishPair<T, S>(
  sums: usize, bases: usize, hasLeast: usize, least: T, scale: usize, bias: usize, borderBytes: usize, addend: usize, lo: T, hi: T, output: usize,
  thresholds: usize, at: usize,
): i32 {
  const next = at + laneBytes<T>();
  // Step 8.
  let x = isInteger<S>() ? sumLanes<T>(sums + at, bases + at) : loadLanes<T>(sums + at);
  let y = isInteger<S>() ? sumLanes<T>(sums + next, bases + next) : loadLanes<T>(sums + next);
  // Mostly neither is there, and one question is enough.
  if (scale | hasLeast) {
    if (isInteger<S>() && hasLeast) {
      x = atLeast<T>(x, least);
      y = atLeast<T>(y, least);
    }
    // Step 9.
    if (scale) {
      x = add<T>(mul<T>(x, loadLanes<T>(scale + at)), loadLanes<T>(bias + at));
      y = add<T>(mul<T>(y, loadLanes<T>(scale + next)), loadLanes<T>(bias + next));
    }
  }
  // Step 10.
  if (addend | borderBytes) {
    if (isInteger<S>() && borderBytes) {
      x = add<T>(x, loadLanes<T>(bases + borderBytes + at));
      y = add<T>(y, loadLanes<T>(bases + borderBytes + next));
    }
    if (addend) {
      x = add<T>(x, loadLanes<T>(addend + at));
      y = add<T>(y, loadLanes<T>(addend + next));
    }
  }
  // Step 11.
  x = atMost<T>(atLeast<T>(x, lo), hi);
  y = atMost<T>(atLeast<T>(y, lo), hi);
  // Step 12.
  if (output) {
    storeLanes<T>(output + at, x);
    storeLanes<T>(output + next, y);
  }
  // Step 13.
  if (!thresholds) return 0;
  return greaterEqualBits<T>(x, loadLanes<T>(thresholds + at)) | (greaterEqualBits<T>(y, loadLanes<T>(thresholds + next)) << laneCount<T>());
}

/**
 * Steps 8 to 13 for one row of pixels.
 *
 * Requires a row with at least one column and one block, sums for all channels of its blocks, scales with biases or neither, bits
 * with thresholds or neither, something to write, and a lower bound that is not above the upper one. Sums of i32 have bases.
 *
 * @param T the lanes: v128 or f32.
 * @param S what the sums are: f32; or i32, then they are mismatches of a binary convolution (step 4).
 * @param sums (columns, pixelBytes / 4) S
 * @param rowBases i32 sums only: i32, where the bases of the row's border class begin.
 * @param columnBases i32 sums only: u32 (columns), how many bytes behind lie those of the column's class.
 */
export function epilogueRow<T, S>(
  e: Epilogue,
  sums: usize,
  pixelBytes: usize,
  row: i32,
  rowBases: usize,
  columnBases: usize,
): void {
  checkRow(e, sums, pixelBytes, row);
  checkEpilogue(e);
  if (!ASC_NO_ASSERT && isInteger<S>()) assert(isAt(rowBases, 4) && isAt(columnBases, 4), 'a row of mismatches has bases');
  const mapPixelBytes = <usize>e.blocks * 32;
  const mapRow = <usize>row * <usize>e.columns * mapPixelBytes;
  const scale = e.scale, bias = e.bias, thresholds = e.thresholds;
  const least = splat<T>(e.sumLeast), lo = splat<T>(e.lo), hi = splat<T>(e.hi);
  const hasLeast = isInteger<S>() && e.sumLeast != -Infinity ? 1 : 0;
  const borderBytes = isInteger<S>() ? e.borderBytes : 0;
  const columns = e.columns;
  let addend = e.addend ? e.addend + mapRow : 0;
  let output = e.output ? e.output + mapRow : 0;
  let bits = e.bits ? e.bits + <usize>row * e.bitsRowBytes : 0;

  for (let column = 0; column < columns; column++) {
    let bases = rowBases;
    if (isInteger<S>()) bases += load<u32>(columnBases + (<usize>column << 2));
    for (let at: usize = 0; at < mapPixelBytes; at += 32) {
      // A block of 8 channels is a byte of bits.
      let mask = 0;
      if (isVector<T>()) {
        mask = finishPair<T, S>(sums, bases, hasLeast, least, scale, bias, borderBytes, addend, lo, hi, output, thresholds, at);
      } else {
        for (let lane = 0; lane < 8; lane += 2) {
          mask |= finishPair<T, S>(sums, bases, hasLeast, least, scale, bias, borderBytes, addend, lo, hi, output, thresholds, at + (<usize>lane << 2)) << lane;
        }
      }
      if (bits) store<u8>(bits + (at >> 5), <u8>mask);
    }
    sums += pixelBytes;
    if (addend) addend += mapPixelBytes;
    if (output) output += mapPixelBytes;
    if (bits) bits += e.bitsPixelBytes;
  }
}

/**
 * Step 14 for one row of pixels: bits straight from the mismatches. Parameters are those of {@link epilogueRow}.
 *
 * Requires a row with at least one column and one block, sums for all channels of its blocks, their bases, thresholds and flips, and
 * bits to write.
 */
export function thresholdRow<T>(e: Epilogue, sums: usize, pixelBytes: usize, row: i32, rowBases: usize, columnBases: usize): void {
  checkRow(e, sums, pixelBytes, row);
  if (!ASC_NO_ASSERT) {
    assert(isAt(e.sumThresholds, 4) && e.flips != 0, 'there are integer thresholds and flips');
    assert(e.bits != 0, 'there are bits to write');
    assert(isAt(rowBases, 4) && isAt(columnBases, 4), 'a row of mismatches has bases');
  }
  const blocks = e.blocks;
  const thresholds = e.sumThresholds;
  const flips = e.flips;
  let bits = e.bits + <usize>row * e.bitsRowBytes;
  for (let column = 0; column < e.columns; column++) {
    const bases = rowBases + load<u32>(columnBases + (<usize>column << 2));
    for (let block = 0; block < blocks; block++) {
      const blockBytes = <usize>block << 5;
      let mask = 0;
      for (let lane = 0; lane < 8; lane += laneCount<T>()) {
        const at = blockBytes + (<usize>lane << 2);
        mask |= sumReachesBits<T>(sums + at, bases + at, thresholds + at) << lane;
      }
      store<u8>(bits + <usize>block, <u8>(mask ^ load<u8>(flips + <usize>block)));
    }
    sums += pixelBytes;
    bits += e.bitsPixelBytes;
  }
}

/** What both kinds of rows require. */
@inline
function checkRow(e: Epilogue, sums: usize, pixelBytes: usize, row: i32): void {
  if (ASC_NO_ASSERT) return;
  assert(isAt(sums, 4), 'sums are whole words');
  assert(row >= 0, 'the row is one of the map');
  assert(e.columns >= 1 && e.blocks >= 1, 'there is a column, and a block of 8 channels');
  assert(pixelBytes >= <usize>e.blocks * 32, 'a pixel has a sum for each channel of its blocks');
  if (e.bits == 0) return;
  assert(e.bitsPixelBytes >= <usize>e.blocks, 'a pixel has a bit for each channel of its blocks');
  assert(e.columns == 1 || e.bitsRowBytes >= <usize>e.columns * e.bitsPixelBytes, 'a row of bits has all columns');
}

/** What an epilogue of floats requires. */
@inline
function checkEpilogue(e: Epilogue): void {
  if (ASC_NO_ASSERT) return;
  assert((e.scale == 0) == (e.bias == 0), 'an affine has scales and biases, or there is none');
  assert(isAtOrAbsent(e.scale, 4) && isAtOrAbsent(e.bias, 4) && isAtOrAbsent(e.thresholds, 4), 'scales, biases and thresholds are f32');
  assert(isAtOrAbsent(e.addend, 4) && isAtOrAbsent(e.output, 4), 'maps are f32');
  assert(e.lo <= e.hi, 'the lower bound is not above the upper one');
  assert((e.bits == 0) == (e.thresholds == 0), 'bits have thresholds');
  assert(e.output != 0 || e.bits != 0, 'there is something to write');
  assert(e.sumThresholds == 0, 'integer thresholds are taken by thresholdRow');
}
