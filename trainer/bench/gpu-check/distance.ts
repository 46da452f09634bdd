/** The L2 norm. */
export const norm = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
};

/**
 * |a - b| / |b|, in the L2 norm.
 *
 * @param floor takes the place of a smaller |b|.
 */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>, floor = 0): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const difference = Float64Array.from({ length: b.length }, (_, i) => a[i]! - b[i]!);
  return norm(difference) / Math.max(norm(b), floor, Number.MIN_VALUE);
}
