import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = exp(x - max) / sum of exp(x - max), or its logarithm (SPEC.md 4.18), in binary64 and rounded once.
 *
 * @param x (1, 1, C).
 */
export function softmax(x: FeatureMap, log: boolean): FeatureMap {
  const y = zeroMap(x);
  const max = x.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const v of x.data) sum += Math.exp(v - max);
  const logSum = Math.log(sum);
  for (let i = 0; i < y.data.length; i++) {
    const shifted = x.data[i]! - max;
    y.data[i] = log ? shifted - logSum : Math.exp(shifted) / sum;
  }
  return y;
}
