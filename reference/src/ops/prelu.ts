import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = fround(x * negative[c]) if x < 0, else fround(x * positive[c]) (SPEC.md 4.9).
 *
 * @param slopes (2, channels): negative, then positive.
 */
export function prelu(x: FeatureMap, slopes: Float32Array): FeatureMap {
  const y = zeroMap(x);
  const { channels } = x;
  for (let pixel = 0; pixel < x.data.length; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const v = x.data[pixel + c]!;
      y.data[pixel + c] = Math.fround(v * (v < 0 ? slopes[c]! : slopes[channels + c]!));
    }
  }
  return y;
}
