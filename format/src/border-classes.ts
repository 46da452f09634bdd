import type { BorderBiasNode, MapShape, TensorShape } from './graph.js';

/** One side (height or width) of a convolution. */
export interface ConvSide {
  /** Number of positions in the operand, and in the result. */
  readonly size: number;
  readonly outputSize: number;
  readonly kernel: number;
  readonly stride: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Pads before the first position of the operand. */
  readonly pad: number;
}

/** Positions along one side of a convolution's output, grouped as a `borderBias` node groups them (SPEC.md 4.7). */
export interface BorderClasses {
  /** Number of positions at the start that are classes of their own. One class for the interior follows, then the last positions. */
  readonly leading: number;
  /** (classes, taps): whether the tap lies inside the operand. */
  readonly inside: readonly (readonly boolean[])[];
}

/** (output positions, taps): whether the tap lies inside the operand, not on a pad or behind the operand's end. */
export function tapsInside({ size, outputSize, kernel, stride, dilation = 1, pad }: ConvSide): boolean[][] {
  return Array.from({ length: outputSize }, (_, position) =>
    Array.from({ length: kernel }, (_, tap) => {
      const at = position * stride + tap * dilation - pad;
      return at >= 0 && at < size;
    }),
  );
}

/** Finds the classes of one side: a class for each position at which some taps lie outside, and one for the interior. */
export function borderClasses(side: ConvSide): BorderClasses {
  const inside = tapsInside(side);
  const isWhole = (taps: readonly boolean[]): boolean => taps.every(Boolean);
  const leading = inside.findIndex(isWhole);
  // A kernel that is larger than the map never lies inside it, so each position is a class.
  if (leading < 0) return { leading: side.outputSize - 1, inside };
  const trailing = inside.findLastIndex(isWhole) + 1;
  return { leading, inside: [...inside.slice(0, leading + 1), ...inside.slice(trailing)] };
}

/**
 * Finds the class of every row and of every column of a `borderBias` node's operand (SPEC.md 4.7).
 *
 * @param biasShape (1, row classes, column classes, C).
 * @param map the operand's shape; it has at least as many rows and columns as there are classes.
 */
export function classesOfPositions(
  { topRows, leftColumns }: Pick<BorderBiasNode, 'topRows' | 'leftColumns'>,
  [, rowClasses, columnClasses]: TensorShape,
  { height, width }: Pick<MapShape, 'height' | 'width'>,
): { readonly rows: Uint32Array; readonly columns: Uint32Array } {
  // The first `leading` positions and the last ones have classes of their own. The numbers of the last ones follow that of the interior.
  const along = (size: number, classes: number, leading: number): Uint32Array =>
    Uint32Array.from({ length: size }, (_, i) => (i < leading ? i : Math.max(leading, i - (size - classes))));
  return { rows: along(height, rowClasses, topRows), columns: along(width, columnClasses, leftColumns) };
}
