/** |a - b| / |b|, in the L2 norm; |a| if b is 0. Not a number if an element isn't finite. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let distance = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    distance += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(distance) / (norm > 0 ? Math.sqrt(norm) : 1);
}
