/**
 * Divides the positions along one side of a convolution's output into classes. Positions of a class have the same taps inside the operand,
 * and the same class in `others`. A 3-tap kernel with a pad of 1 gives at most three classes: the first position, the last and all between.
 *
 * @param taps (positions, taps): whether the tap lies inside the operand.
 * @param others another class of each position; by default the same for all.
 * @returns for each class its `taps` and `others`, and for each position its class.
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
