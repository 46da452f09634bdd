/** Positions along one side of a convolution's output, grouped as a `borderBias` node groups them (format/SPEC.md 4.7). */
export interface BorderClasses {
  /** The first so many positions are classes of their own; then one class for the interior; then the last ones. */
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
}): BorderClasses {
  const { size, outputSize, kernel, stride, pad } = side;
  const inside = Array.from({ length: outputSize }, (_, position) =>
    Array.from({ length: kernel }, (_, tap) => {
      const at = position * stride + tap - pad;
      return at >= 0 && at < size;
    }),
  );
  const isWhole = (taps: readonly boolean[]): boolean => taps.every(Boolean);
  const leading = inside.findIndex(isWhole);
  // A kernel larger than the map never lies inside it: then each position is a class.
  if (leading < 0) return { leading: outputSize - 1, inside };
  const trailing = inside.findLastIndex(isWhole) + 1;
  return { leading, inside: [...inside.slice(0, leading + 1), ...inside.slice(trailing)] };
}
