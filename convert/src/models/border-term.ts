import {
  type BorderClasses,
  borderClasses,
  type ConvNode,
  f32Tensor,
  type GraphBuilder,
  type LinearNode,
  type MapShape,
  type Size2,
  type Tensor,
  type Value,
} from '@signwave/format';

/** What a `borderBias` node needs. */
export interface BorderTerm {
  readonly bias: Tensor;
  readonly classes: { readonly topRows: number; readonly leftColumns: number };
}

const ONE: Size2 = { height: 1, width: 1 };

/**
 * A constant for each border class of a layer's result, as a `borderBias` node adds it.
 *
 * @param layer a convolution with these strides and pads; or a linear layer, which is one of a single pixel. @param kernel its size.
 * @param termOf (C) values of a class, from which positions of the kernel (kh, kw) lie inside the operand.
 */
export function borderTerm(
  layer: LinearNode | Pick<ConvNode, 'op' | 'stride' | 'dilation' | 'pads'>,
  kernel: Size2,
  operand: MapShape,
  output: MapShape,
  termOf: (inside: readonly boolean[]) => Float32Array,
): BorderTerm {
  const isConv = layer.op === 'conv';
  const { stride, dilation } = isConv ? layer : { stride: ONE, dilation: ONE };
  const sides = (side: 'height' | 'width', pad: number): BorderClasses =>
    borderClasses({
      size: isConv ? operand[side] : 1,
      outputSize: output[side],
      kernel: kernel[side],
      stride: stride[side],
      dilation: dilation[side],
      pad,
    });
  const rows = sides('height', isConv ? layer.pads.top : 0);
  const columns = sides('width', isConv ? layer.pads.left : 0);
  const bias = new Float32Array(rows.inside.length * columns.inside.length * output.channels);
  rows.inside.forEach((row, r) => {
    columns.inside.forEach((column, c) => {
      const inside = row.flatMap((isRowInside) => column.map((isColumnInside) => isRowInside && isColumnInside));
      bias.set(termOf(inside), (r * columns.inside.length + c) * output.channels);
    });
  });
  return {
    bias: f32Tensor([1, rows.inside.length, columns.inside.length, output.channels], bias),
    classes: { topRows: rows.leading, leftColumns: columns.leading },
  };
}

/**
 * Add a term that depends on a pixel's border class: if the operand is constant, the convolution's sum misses the taps on pads.
 *
 * @param y the result of the convolution that `window` describes.
 * @param termOf gives the (C) values of a class, from which of the kernel's (kh, kw) positions lie inside the map.
 */
export function withBorderTerm(
  g: GraphBuilder,
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
