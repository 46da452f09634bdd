import { SignwaveError } from '@signwave/format';
import { argMax } from '@signwave/lab';

/**
 * Checks an output before its computation is timed.
 *
 * @param what computed `got`, for the message.
 * @param tolerance greatest |got - expected| as a share of the largest |expected|, or of 1 if that is larger (SPEC.md section 5): terms
 *   that
 *   cancel leave a small sum with the error of a large one. 0 means equal. NaN never passes.
 * @throws {SignwaveError} `E_PEER` with the first element that differs.
 */
export function requireEqual(
  what: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  if (got.length !== expected.length)
    throw new SignwaveError('E_PEER', `${what} gives ${got.length} numbers, expected ${expected.length}`);
  let largest = 1;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!);
    // If a value is infinite this is false: |Infinity - Infinity| is NaN.
    if (Number.isFinite(largest) && difference <= tolerance * largest) continue;
    throw new SignwaveError(
      'E_PEER',
      `${what}: number ${i} of ${expected.length} is ${got[i]}, expected ${expected[i]}; nothing was timed`,
    );
  }
}

/**
 * Checks a whole network in another engine. Engines sum floats in different orders, so a sign whose input lies at its threshold can flip
 * there, and then many outputs differ a little.
 *
 * @throws {SignwaveError} `E_PEER` unless all outputs are within `tolerance`, or the first class is the same and the distance of the
 *   outputs
 *   from the expected ones is below a tenth of their spread.
 */
export function requireSameAnswer(
  what: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  try {
    requireEqual(what, got, expected, tolerance);
  } catch (error) {
    if (got.length !== expected.length) throw error;
    if (argMax(got) !== argMax(expected) || !(relativeDistance(got, expected) < FLIPPED_SIGNS)) throw error;
  }
}

const FLIPPED_SIGNS = 0.1;

/** |got - expected| / |expected - its mean|. */
function relativeDistance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const wanted = Array.from(expected);
  const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
  const distance = Math.hypot(...wanted.map((value, i) => got[i]! - value));
  return distance / Math.hypot(...wanted.map((value) => value - mean));
}
