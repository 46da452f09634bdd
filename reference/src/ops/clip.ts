import { type FeatureMap, zeroMap } from '../feature-map.js';

/** y = lo if x < lo, hi if x > hi, else x (SPEC.md 4.8): -0 stays -0 where lo is 0. */
export function clip(x: FeatureMap, lo: number, hi: number): FeatureMap {
  const y = zeroMap(x);
  const low = Math.fround(lo);
  const high = Math.fround(hi);
  for (let i = 0; i < y.data.length; i++) {
    const v = x.data[i]!;
    if (v < low) y.data[i] = low;
    else if (v > high) y.data[i] = high;
    else y.data[i] = v;
  }
  return y;
}
