/**
 * Positions along one side of a convolution's output, grouped by which taps of the kernel lie inside the operand.
 * For a 3-tap kernel with a pad of 1 there are at most three: the first, the last and all between.
 */
export interface BorderClasses {
  /** (classes, taps): whether the tap lies inside. */
  readonly inside: readonly (readonly boolean[])[];
  /** Class of each output position. */
  readonly classOf: Uint32Array;
}

/** @param size of the operand along this side; `outputSize` of the result. */
export function borderClasses(
  size: number,
  outputSize: number,
  kernel: number,
  stride: number,
  dilation: number,
  padBefore: number,
): BorderClasses {
  const inside: boolean[][] = [];
  const known = new Map<string, number>();
  const classOf = new Uint32Array(outputSize);
  for (let position = 0; position < outputSize; position++) {
    const taps = Array.from({ length: kernel }, (_, k) => {
      const at = position * stride + k * dilation - padBefore;
      return at >= 0 && at < size;
    });
    const key = taps.map(Number).join('');
    let index = known.get(key);
    if (index === undefined) {
      index = inside.push(taps) - 1;
      known.set(key, index);
    }
    classOf[position] = index;
  }
  return { inside, classOf };
}

/**
 * Border classes that are told apart by other classes of the same positions as well.
 *
 * @param others of each position. @returns with `others` of each new class; 0 if there are none.
 */
export function withClasses(
  { inside, classOf }: BorderClasses,
  others: Uint32Array = new Uint32Array(classOf.length),
): BorderClasses & { readonly others: readonly number[] } {
  const pairs = Array.from(classOf, (own, i) => [own, others[i]!] as const);
  const keys = pairs.map(([own, other]) => `${own} ${other}`);
  const known = [...new Set(keys)];
  const firsts = known.map((key) => pairs[keys.indexOf(key)]!);
  return {
    inside: firsts.map(([own]) => inside[own]!),
    classOf: Uint32Array.from(keys, (key) => known.indexOf(key)),
    others: firsts.map(([, other]) => other),
  };
}
