import type { MapShape, Size2 } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';

/** y = rows start, start + step, ... of x, and columns likewise (SPEC.md 4.14). */
export function sliceSpatial(x: FeatureMap, start: Size2, step: Size2, output: MapShape): FeatureMap {
  const y = zeroMap(output);
  const { channels } = x;
  for (let row = 0, at = 0; row < y.height; row++) {
    for (let column = 0; column < y.width; column++, at += channels) {
      const from = ((start.height + row * step.height) * x.width + start.width + column * step.width) * channels;
      y.data.set(x.data.subarray(from, from + channels), at);
    }
  }
  return y;
}

/** y = the elements of x in memory order as (1, 1, H * W * C) (SPEC.md 4.16); shares x's memory. */
export function flatten(x: FeatureMap): FeatureMap {
  return { height: 1, width: 1, channels: x.data.length, data: x.data };
}
