/**
 * Positions along one side of a convolution's output, grouped by which taps lie inside the operand, and by other classes of the same positions.
 * For a 3-tap kernel with a pad of 1 there are at most three groups: the first position, the last and all between.
 *
 * @param taps (positions, taps): whether the tap lies inside. @param others of each position; by default all are the same.
 * @returns by class what `taps` and `others` are there, and the class of each position.
 */
export function groupPositions(
  taps: readonly (readonly boolean[])[],
  others: Uint32Array = new Uint32Array(taps.length),
) {
  const keys = taps.map((inside, i) => `${inside} ${others[i]}`);
  const known = [...new Set(keys)];
  const firsts = known.map((key) => keys.indexOf(key));
  return {
    inside: firsts.map((i) => taps[i]!),
    others: firsts.map((i) => others[i]!),
    classOf: Uint32Array.from(keys, (key) => known.indexOf(key)),
  };
}
