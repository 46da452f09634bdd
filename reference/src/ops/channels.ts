import { type FeatureMap, zeroMap } from '../feature-map.js';

/** y = channels of all maps in order (SPEC.md 4.15); the maps have one height and width. */
export function concat(maps: readonly FeatureMap[]): FeatureMap {
  const { height, width } = maps[0]!;
  const y = zeroMap({ height, width, channels: maps.reduce((sum, map) => sum + map.channels, 0) });
  let first = 0;
  for (const map of maps) {
    copyChannels(map, y, first);
    first += map.channels;
  }
  return y;
}

/** y = `before` channels of +0, the channels of x, `after` channels of +0 (SPEC.md 4.13). */
export function padChannels(x: FeatureMap, before: number, after: number): FeatureMap {
  const y = zeroMap({ ...x, channels: before + x.channels + after });
  copyChannels(x, y, before);
  return y;
}

/** Copy all channels of x to the channels of y from `first` on. */
function copyChannels(x: FeatureMap, y: FeatureMap, first: number): void {
  const pixels = x.height * x.width;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * x.channels;
    y.data.set(x.data.subarray(from, from + x.channels), pixel * y.channels + first);
  }
}
