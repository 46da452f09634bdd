import { Epilogue } from './records';
import { add, atLeast, atMost, greaterEqualBits, laneCount, loadLanes, mul, splat, storeLanes } from './lanes';
import { sumLanes, sumReachesBits } from './sums';

// epilogue.ts — what follows a convolution, fused so that its sums never leave the cache.
//
//   x = sum;  x = x * scale + bias;  x = x + addend;  x = clip(x, lo, hi);  output = x;  bit = x >= threshold
//
// Each product and each sum is rounded by itself, in this order (format/SPEC.md section 4), so every lane gives
// the reference's bits. Parts whose address is 0 are left out.

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
  const blocks = e.blocks;
  const mapPixelBytes = <usize>blocks * 32;
  const mapRow = <usize>row * <usize>e.columns * mapPixelBytes;
  const lo = splat<T>(e.lo);
  const hi = splat<T>(e.hi);
  const scale = e.scale;
  const bias = e.bias;
  const thresholds = e.thresholds;
  let addend = e.addend ? e.addend + mapRow : 0;
  let output = e.output ? e.output + mapRow : 0;
  let bits = e.bits ? e.bits + <usize>row * e.bitsRowBytes : 0;

  for (let column = 0; column < e.columns; column++) {
    let bases = rowBases;
    if (isInteger<S>()) bases += load<u32>(columnBases + (<usize>column << 2));
    for (let block = 0; block < blocks; block++) {
      const blockBytes = <usize>block << 5;
      let mask = 0;
      for (let lane = 0; lane < 8; lane += laneCount<T>()) {
        const at = blockBytes + (<usize>lane << 2);
        let x = isInteger<S>() ? sumLanes<T>(sums + at, bases + at) : loadLanes<T>(sums + at);
        if (scale) x = add<T>(mul<T>(x, loadLanes<T>(scale + at)), loadLanes<T>(bias + at));
        if (addend) x = add<T>(x, loadLanes<T>(addend + at));
        x = atMost<T>(atLeast<T>(x, lo), hi);
        if (output) storeLanes<T>(output + at, x);
        if (bits) mask |= greaterEqualBits<T>(x, loadLanes<T>(thresholds + at)) << lane;
      }
      if (bits) store<u8>(bits + <usize>block, <u8>mask);
    }
    sums += pixelBytes;
    if (addend) addend += mapPixelBytes;
    if (output) output += mapPixelBytes;
    if (bits) bits += e.bitsPixelBytes;
  }
}

/** One row of bits straight from the integer sums: bit = (sum >= sumThreshold) XOR flip. */
export function thresholdRow<T>(e: Epilogue, sums: usize, pixelBytes: usize, row: i32, rowBases: usize, columnBases: usize): void {
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
