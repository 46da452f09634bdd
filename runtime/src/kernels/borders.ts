/** Positions along one side of a convolution's output: the first one, and the taps inside the operand, from `from` up to, not including, `to`. */
type PositionClass = readonly [first: number, from: number, to: number];

/**
 * Divides the positions along one side of a convolution's output into classes. Positions of a class have the same taps inside the operand,
 * which are always side by side, and the same class in each of `others`. A 3-tap kernel with a pad of 1 gives at most three classes: the
 * first position, the last and all between. The time is that of the positions, however many taps there are.
 *
 * @param size positions in the operand.
 * @param pad pads before the first of them.
 * @param others further classes of each position of the output.
 * @returns the classes, and for each position its class.
 */
export function groupPositions(
  size: number,
  outputSize: number,
  kernel: number,
  stride: number,
  dilation: number,
  pad: number,
  ...others: readonly (Uint32Array | undefined)[]
): { classes: PositionClass[]; classOf: Uint32Array } {
  const known = new Map<string, number>();
  const classes: PositionClass[] = [];
  const classOf = new Uint32Array(outputSize).map((_, position) => {
    const tapsBefore = (end: number): number =>
      Math.min(kernel, Math.max(0, Math.ceil((end + pad - position * stride) / dilation)));
    const [from, to] = [tapsBefore(0), tapsBefore(size)];
    const key = [from, to, ...others.map((them) => them?.[position])].join();
    const found = known.get(key) ?? classes.push([position, from, to]) - 1;
    known.set(key, found);
    return found;
  });
  return { classes, classOf };
}
