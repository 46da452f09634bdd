import type { MapShape } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';
import { type PoolGeometry, windowSide } from './window.js';

/** y = the largest element of the window inside the map, +0 where that is -0 (SPEC.md 4.10). */
export function maxPool(x: FeatureMap, { window, stride, pads }: PoolGeometry, output: MapShape): FeatureMap {
  const y = zeroMap(output);
  y.data.fill(Number.NEGATIVE_INFINITY);
  const { channels } = x;
  for (let oy = 0, at = 0; oy < y.height; oy++) {
    const rows = windowSide(oy, stride.height, window.height, x.height, pads.top, pads.bottom);
    for (let ox = 0; ox < y.width; ox++, at += channels) {
      const columns = windowSide(ox, stride.width, window.width, x.width, pads.left, pads.right);
      for (let row = rows.from; row < rows.to; row++) {
        for (let column = columns.from; column < columns.to; column++) {
          const from = (row * x.width + column) * channels;
          for (let c = 0; c < channels; c++)
            if (y.data[at + c]! < x.data[from + c]!) y.data[at + c] = x.data[from + c]!;
        }
      }
      for (let c = 0; c < channels; c++) y.data[at + c]! += 0;
    }
  }
  return y;
}
