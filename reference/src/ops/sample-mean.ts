import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = fround(x - mean), mean = fround(sum / (H * W * C)); the sum is taken in binary64, over the pixels of each channel
 * in row-major order, then over the channels in order (SPEC.md 4.17).
 */
export function sampleMean(x: FeatureMap): FeatureMap {
  const y = zeroMap(x);
  const { channels } = x;
  const channelSums = new Float64Array(channels);
  for (let pixel = 0; pixel < x.data.length; pixel += channels) {
    for (let c = 0; c < channels; c++) channelSums[c] = channelSums[c]! + x.data[pixel + c]!;
  }
  const mean = Math.fround(channelSums.reduce((sum, v) => sum + v, 0) / x.data.length);
  for (let i = 0; i < y.data.length; i++) y.data[i] = Math.fround(x.data[i]! - mean);
  return y;
}
