import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = fround(fround(x * m[c]) + b[c]) (SPEC.md 4.5).
 *
 * @param coefficients (2, channels): m, then b.
 */
export function affine(x: FeatureMap, coefficients: Float32Array): FeatureMap {
  const y = zeroMap(x);
  const { fround } = Math;
  const { channels } = x;
  for (let pixel = 0; pixel < x.data.length; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      y.data[pixel + c] = fround(fround(x.data[pixel + c]! * coefficients[c]!) + coefficients[channels + c]!);
    }
  }
  return y;
}
