/**
 * Divides the positions along one side of a convolution's output into classes. Positions of a class have the same taps inside the operand,
 * and the same class in each of `others`. A 3-tap kernel with a pad of 1 gives at most three classes: the first position, the last and all
 * between.
 *
 * @param taps (positions, taps): whether the tap lies inside the operand.
 * @param others further classes of each position.
 * @returns the first position of each class, and for each position its class.
 */
export function groupPositions(
  taps: readonly (readonly boolean[])[],
  ...others: readonly (Uint32Array | undefined)[]
): { firsts: number[]; classOf: Uint32Array } {
  const keys = taps.map((inside, i) => `${inside} ${others.map((classes) => classes?.[i])}`);
  const known = [...new Set(keys)];
  return {
    firsts: known.map((key) => keys.indexOf(key)),
    classOf: Uint32Array.from(keys, (key) => known.indexOf(key)),
  };
}
