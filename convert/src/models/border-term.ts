import { f32Tensor, type MapShape, type Value } from '@signwave/format';
import { borderClasses } from './border-classes.js';
import type { NetworkBuilder } from './network-builder.js';

/**
 * Add what depends on the border class of a pixel: a constant operand under the kernel gives a sum that misses the taps on pads.
 *
 * @param y the result of the convolution that `window` describes.
 * @param termOf (C) values of a class, from which of the kernel's (kh, kw) positions lie inside the map.
 */
export function withBorderTerm(
  g: NetworkBuilder,
  y: Value,
  window: { readonly stride: number; readonly pad: number; readonly kernel: number; readonly operand: MapShape },
  termOf: (inside: readonly boolean[]) => Float32Array,
): Value {
  const { stride, pad, kernel, operand } = window;
  const output = g.shapeOf(y);
  const rows = borderClasses({ size: operand.height, outputSize: output.height, kernel, stride, pad });
  const columns = borderClasses({ size: operand.width, outputSize: output.width, kernel, stride, pad });
  const bias = new Float32Array(rows.inside.length * columns.inside.length * output.channels);
  rows.inside.forEach((row, r) => {
    columns.inside.forEach((column, c) => {
      const inside = row.flatMap((isRowInside) => column.map((isColumnInside) => isRowInside && isColumnInside));
      bias.set(termOf(inside), (r * columns.inside.length + c) * output.channels);
    });
  });
  const shape = [1, rows.inside.length, columns.inside.length, output.channels] as const;
  return g.borderBias(y, f32Tensor(shape, bias), rows.leading, columns.leading);
}
