import type { MapShape, Value } from '@signwave/format';
import { borderTerm } from './border-classes.js';
import type { NetworkBuilder } from './network-builder.js';

const ONE = { height: 1, width: 1 };

/**
 * Add a term that depends on a pixel's border class: if the operand is constant, the convolution's sum misses the taps on pads.
 *
 * @param y the result of the convolution that `window` describes.
 * @param termOf gives the (C) values of a class, from which of the kernel's (kh, kw) positions lie inside the map.
 */
export function withBorderTerm(
  g: NetworkBuilder,
  y: Value,
  window: { readonly stride: number; readonly pad: number; readonly kernel: number; readonly operand: MapShape },
  termOf: (inside: readonly boolean[]) => Float32Array,
): Value {
  const { stride, pad, kernel, operand } = window;
  const layer = {
    op: 'conv',
    stride: { height: stride, width: stride },
    dilation: ONE,
    pads: { top: pad, left: pad, bottom: pad, right: pad },
  } as const;
  const { bias, classes } = borderTerm(layer, { height: kernel, width: kernel }, operand, g.shapeOf(y), termOf);
  return g.borderBias(y, bias, classes.topRows, classes.leftColumns);
}
