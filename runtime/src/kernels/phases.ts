import type { ConvNode, MapShape } from '@signwave/format';

type Geometry = Pick<ConvNode, 'stride' | 'dilation'>;

/** A tap of a kernel: the phase of the operand in which it lies, and its distance there from the output pixel, in rows and columns. */
interface PhaseTap {
  readonly phase: number;
  readonly row: number;
  readonly column: number;
}

/**
 * How a stride (sh, sw) divides a convolution's operand. Phase (py, px) consists of the rows py, py + sh, py + 2 sh, ... of the padded
 * operand, and of the columns px, px + sw, ... Within its phase, a tap has a constant distance from the output pixel.
 */
export interface Phases {
  /** The phases that have taps, in rising order. */
  readonly phases: readonly { readonly row: number; readonly column: number }[];
  /** The taps in the order (ky, kx). */
  readonly taps: readonly PhaseTap[];
  /** The largest `row` and `column` of a tap. */
  readonly reach: { readonly rows: number; readonly columns: number };
}

/** @param kernel height and width. */
export function phasesOf(kernel: Pick<MapShape, 'height' | 'width'>, { stride, dilation }: Geometry): Phases {
  const places = Array.from({ length: kernel.height * kernel.width }, (_, tap) => {
    const y = Math.floor(tap / kernel.width) * dilation.height;
    const x = (tap % kernel.width) * dilation.width;
    const key = (y % stride.height) * stride.width + (x % stride.width);
    return { key, row: Math.floor(y / stride.height), column: Math.floor(x / stride.width) };
  });
  const keys = [...new Set(places.map(({ key }) => key))].sort((a, b) => a - b);
  const phaseOf = new Map(keys.map((key, phase) => [key, phase]));
  return {
    phases: keys.map((key) => ({ row: Math.floor(key / stride.width), column: key % stride.width })),
    taps: places.map(({ key, row, column }) => ({ phase: phaseOf.get(key)!, row, column })),
    reach: {
      rows: places.at(-1)!.row,
      columns: places.at(-1)!.column,
    },
  };
}
