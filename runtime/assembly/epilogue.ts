import { Epilogue } from './records';
import { isAt, isAtOrAbsent } from './preconditions';
import { add, atLeast, atMost, greaterEqualBits, laneBytes, laneCount, loadLanes, mul, splat, storeLanes } from './lanes';
import { sumLanes, sumReachesBits } from './sums';

// epilogue.ts — what follows a convolution, fused so that its sums never leave the cache.
//
//   x = sum;  x = x * scale + bias;  x = x + addend;  x = clip(x, lo, hi);  output = x;  bit = x >= threshold
//
// Each product and each sum is rounded by itself, in this order (format/SPEC.md section 4), so every lane gives
// the reference's bits. Parts whose address is 0 are left out.

/**
 * Two neighbouring groups of lanes of a pixel, from byte `at` on: 8 channels with SIMD, 2 without. Taken together, since each
 * question below would be asked twice otherwise (1.3 times as fast on ResNet-20). Addresses are those of the pixel's first
 * channel, or 0 for what isn't there; `bases` only matters for i32 sums. They are arguments, since fields of a record would be
 * loaded again after every store.
 *
 * @returns one bit per lane; 0 without thresholds.
 */
@inline
function finishPair<T, S>(
  sums: usize, bases: usize, scale: usize, bias: usize, addend: usize, lo: T, hi: T, output: usize, thresholds: usize, at: usize,
): i32 {
  const next = at + laneBytes<T>();
  let x = isInteger<S>() ? sumLanes<T>(sums + at, bases + at) : loadLanes<T>(sums + at);
  let y = isInteger<S>() ? sumLanes<T>(sums + next, bases + next) : loadLanes<T>(sums + next);
  if (scale) {
    x = add<T>(mul<T>(x, loadLanes<T>(scale + at)), loadLanes<T>(bias + at));
    y = add<T>(mul<T>(y, loadLanes<T>(scale + next)), loadLanes<T>(bias + next));
  }
  if (addend) {
    x = add<T>(x, loadLanes<T>(addend + at));
    y = add<T>(y, loadLanes<T>(addend + next));
  }
  x = atMost<T>(atLeast<T>(x, lo), hi);
  y = atMost<T>(atLeast<T>(y, lo), hi);
  if (output) {
    storeLanes<T>(output + at, x);
    storeLanes<T>(output + next, y);
  }
  if (!thresholds) return 0;
  return greaterEqualBits<T>(x, loadLanes<T>(thresholds + at)) | (greaterEqualBits<T>(y, loadLanes<T>(thresholds + next)) << laneCount<T>());
}

/**
 * One row of pixels.
 *
 * @param T the lanes: v128 or f32.
 * @param S what the sums are: f32; or i32, then they are mismatches of a binary convolution, see sums.ts.
 * @param sums (columns, pixelBytes / 4) S
 * @param rowBases, columnBases i32 sums only: where the row's border class begins in the bases, and each column's in it
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
  const lo = splat<T>(e.lo), hi = splat<T>(e.hi);
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
        mask = finishPair<T, S>(sums, bases, scale, bias, addend, lo, hi, output, thresholds, at);
      } else {
        for (let lane = 0; lane < 8; lane += 2) {
          mask |= finishPair<T, S>(sums, bases, scale, bias, addend, lo, hi, output, thresholds, at + (<usize>lane << 2)) << lane;
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

/** One row of bits straight from the integer sums: bit = (sum >= sumThreshold) XOR flip. */
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
