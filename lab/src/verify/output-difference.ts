/** How outputs compare with the reference's. Sizes are 0 where every bit is fixed. */
export interface OutputDifference {
  /** Number of inputs with an output beyond its bound (format/SPEC.md 5). */
  readonly wrong: number;
  /** The largest difference. */
  readonly largest: number;
  /** The largest bound. */
  readonly allowed: number;
  /** The magnitude of the largest output. */
  readonly size: number;
}

export const NO_DIFFERENCE: OutputDifference = { wrong: 0, largest: 0, allowed: 0, size: 0 };

/**
 * Compares the outputs for one input. NaN equals NaN, and -0 equals +0.
 *
 * @param bounds the graph's `outputBounds` for the input.
 */
export function compareOutputs(
  found: Float32Array,
  expected: Float32Array,
  bounds: Float32Array | undefined,
): OutputDifference {
  let { wrong, largest, allowed, size } = NO_DIFFERENCE;
  expected.forEach((value, i) => {
    const bound = bounds?.[i] ?? 0;
    allowed = Math.max(allowed, bound);
    if (Math.abs(value) > size) size = Math.abs(value);
    if (Object.is(found[i], value) || found[i] === value) return;
    const difference = Math.abs(found[i]! - value);
    // An infinite bound allows NaN.
    if (bound !== Number.POSITIVE_INFINITY && !(difference <= bound)) wrong = 1;
    if (difference > largest) largest = difference;
  });
  return { wrong, largest, allowed, size };
}

/** Adds what was found for another input. */
export function addDifference(a: OutputDifference, b: OutputDifference): OutputDifference {
  return {
    wrong: a.wrong + b.wrong,
    largest: Math.max(a.largest, b.largest),
    allowed: Math.max(a.allowed, b.allowed),
    size: Math.max(a.size, b.size),
  };
}
