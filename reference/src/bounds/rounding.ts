import { type FeatureMap, zeroMap } from '../feature-map.js';

/** Half a unit in the last place of 1: a binary32 that isn't tiny is off by this share of itself at most. */
const UNIT = 2 ** -24;
/** The smallest binary32 above 0: no rounding of a tiny number is off by more. */
const TINY = 2 ** -149;
/** From here on a rounding may give infinity. */
const HUGE = 2 ** 127;
/** What the bounds' own roundings may take away. */
const OWN_ROUNDINGS = 1 + 2 ** -20;

/** How far two executors' numbers are apart at most; infinity where one of them may be infinite or NaN. Maps of them are binary32. */
export function bound(distance: number, size: number): number {
  return size + distance < HUGE ? distance * OWN_ROUNDINGS + TINY : Number.POSITIVE_INFINITY;
}

/** The bound after both have rounded a number of about `size` once. */
export function rounded(distance: number, size: number): number {
  return bound(distance + 2 * UNIT * (size + distance), size);
}

/** Higham's gamma: what n roundings can do to a sum, as a share of the sum of its terms' magnitudes. */
export function gamma(n: number): number {
  return n * UNIT < 1 ? (n * UNIT) / (1 - n * UNIT) : Number.POSITIVE_INFINITY;
}

/** Makes a map of one number for each element of `shape`'s map. */
export function mapOf(shape: FeatureMap, element: (i: number, channel: number) => number): FeatureMap {
  const y = zeroMap(shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = element(i, i % shape.channels);
  return y;
}
