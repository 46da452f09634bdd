import type { MapShape } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';
import { type PoolGeometry, windowSide } from './window.js';

/**
 * y = fround(sum / n): the sum of the window's elements inside the map, in row-major order, each addition rounded; n is
 * their number or, with `countPads`, the number of positions inside the map and its pads (SPEC.md 4.11).
 */
export function avgPool(
  x: FeatureMap,
  { window, stride, pads, countPads }: PoolGeometry,
  output: MapShape,
): FeatureMap {
  const y = zeroMap(output);
  const { channels } = x;
  for (let oy = 0, at = 0; oy < y.height; oy++) {
    const rows = windowSide(oy, stride.height, window.height, x.height, pads.top, pads.bottom);
    for (let ox = 0; ox < y.width; ox++, at += channels) {
      const columns = windowSide(ox, stride.width, window.width, x.width, pads.left, pads.right);
      for (let row = rows.from; row < rows.to; row++) {
        for (let column = columns.from; column < columns.to; column++) {
          const from = (row * x.width + column) * channels;
          for (let c = 0; c < channels; c++) y.data[at + c] = Math.fround(y.data[at + c]! + x.data[from + c]!);
        }
      }
      const elements = (rows.to - rows.from) * (columns.to - columns.from);
      const n = countPads ? rows.positions * columns.positions : elements;
      for (let c = 0; c < channels; c++) y.data[at + c] = Math.fround(y.data[at + c]! / n);
    }
  }
  return y;
}

/** The average pool whose window is the whole map (SPEC.md 4.12). */
export function globalAvgPool(x: FeatureMap): FeatureMap {
  const pads = { top: 0, left: 0, bottom: 0, right: 0 };
  const geometry = { window: x, stride: x, pads, countPads: false };
  return avgPool(x, geometry, { height: 1, width: 1, channels: x.channels });
}
