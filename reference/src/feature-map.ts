import type { MapShape } from '@signwave/format';

/** A feature map: the value of one node for one sample. */
export interface FeatureMap extends MapShape {
  /** (height, width, channels) float32, row-major, channels fastest. */
  readonly data: Float32Array;
}

/** Make a map whose elements are all +0. */
export function zeroMap({ height, width, channels }: MapShape): FeatureMap {
  return { height, width, channels, data: new Float32Array(height * width * channels) };
}
