import { type FeatureMap, zeroMap } from '../feature-map.js';

/** y = fround(1 / (1 + e^-x)), the exponential by a polynomial in binary64 whose steps are fixed (SPEC.md 4.21). */
export function sigmoid(x: FeatureMap): FeatureMap {
  const y = zeroMap(x);
  for (let i = 0; i < y.data.length; i++) y.data[i] = Math.fround(1 / (1 + exponential(Math.max(-x.data[i]!, -128))));
  return y;
}

/** e^t as (e^u)^1024: for u = t / 1024, which is small, a polynomial of degree 8 is as exact as binary64. */
function exponential(t: number): number {
  const u = t / 1024;
  let p = 1;
  for (let k = 8; k >= 1; k--) p = 1 + (u * p) / k;
  for (let squared = 0; squared < 10; squared++) p *= p;
  return p;
}
