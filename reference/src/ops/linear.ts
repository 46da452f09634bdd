import type { MapShape } from '@signwave/format';
import type { FeatureMap } from '../feature-map.js';
import { type ConvGeometry, conv, type PackedFilters } from './conv.js';

/** A linear layer is a convolution of a map of one pixel. */
export const ONE_PIXEL: ConvGeometry = {
  groups: 1,
  stride: { height: 1, width: 1 },
  dilation: { height: 1, width: 1 },
  pads: { top: 0, left: 0, bottom: 0, right: 0 },
};

/**
 * y[o] = sum over i of x[i] * w[o, i], in the order of i (SPEC.md 4.4): a convolution of a map of one pixel.
 *
 * @param x (1, 1, I).
 * @param filters packed from weights (O, 1, 1, I).
 * @param isExact whether no sum needs rounding.
 */
export function linear(x: FeatureMap, filters: PackedFilters, isExact: boolean, output: MapShape): FeatureMap {
  return conv(x, filters, ONE_PIXEL, isExact ? 'binary' : 'float', output);
}
