import type { ZeroRule } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';

/** y where x equals the threshold. */
const TIES: Readonly<Record<ZeroRule, number>> = { plus: 1, minus: -1, zero: 0 };

/**
 * y = +1 if x > t[c]; +1, -1 or 0 by the zero rule if x = t[c]; else -1, also of NaN (SPEC.md 4.2). -0 equals +0.
 *
 * @param threshold (channels) float32.
 */
export function sign(x: FeatureMap, threshold: Float32Array, zeroRule: ZeroRule): FeatureMap {
  const y = zeroMap(x);
  const tie = TIES[zeroRule];
  const { channels } = x;
  for (let pixel = 0; pixel < x.data.length; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const v = x.data[pixel + c]!;
      const t = threshold[c]!;
      y.data[pixel + c] = v > t ? 1 : v === t ? tie : -1;
    }
  }
  return y;
}
