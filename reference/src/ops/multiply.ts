import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = fround(x1 * x2[c]) (SPEC.md 4.19).
 *
 * @param x2 (1, 1, channels).
 */
export function scale(x1: FeatureMap, x2: FeatureMap): FeatureMap {
  const y = zeroMap(x1);
  for (let i = 0; i < y.data.length; i++) y.data[i] = Math.fround(x1.data[i]! * x2.data[i % x1.channels]!);
  return y;
}

/** y = fround(x1 * x2) (SPEC.md 4.20). */
export function multiply(x1: FeatureMap, x2: FeatureMap): FeatureMap {
  const y = zeroMap(x1);
  for (let i = 0; i < y.data.length; i++) y.data[i] = Math.fround(x1.data[i]! * x2.data[i]!);
  return y;
}
