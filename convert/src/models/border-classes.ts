import { type ConvNode, f32Tensor, type LinearNode, type MapShape, type Size2, type Tensor } from '@signwave/format';

/** Positions along one side of a convolution's output, grouped into classes as a `borderBias` node does (format/SPEC.md 4.7). */
export interface BorderClasses {
  /** How many positions at the start are classes of their own. One class for the interior follows, then the last positions. */
  readonly leading: number;
  /** (classes, taps): whether the tap lies inside the operand. */
  readonly inside: readonly (readonly boolean[])[];
}

/** @param side.size of the operand along this side; `outputSize` of the result. */
export function borderClasses(side: {
  readonly size: number;
  readonly outputSize: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  /** Default 1. */
  readonly dilation?: number;
}): BorderClasses {
  const { size, outputSize, kernel, stride, pad, dilation = 1 } = side;
  const inside = Array.from({ length: outputSize }, (_, position) =>
    Array.from({ length: kernel }, (_, tap) => {
      const at = position * stride + tap * dilation - pad;
      return at >= 0 && at < size;
    }),
  );
  const isWhole = (taps: readonly boolean[]): boolean => taps.every(Boolean);
  const leading = inside.findIndex(isWhole);
  // If the kernel is larger than the map, no position has all taps inside, so each is a class of its own.
  if (leading < 0) return { leading: outputSize - 1, inside };
  const trailing = inside.findLastIndex(isWhole) + 1;
  return { leading, inside: [...inside.slice(0, leading + 1), ...inside.slice(trailing)] };
}

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
