/**
 * Laplace-distributed numbers with scale b and location 0, by inverting the distribution function.
 *
 * @param seed of a linear congruential generator (Numerical Recipes), so that a failure can be repeated.
 */
export function laplaceSamples(count: number, b: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const u = (state + 0.5) / 2 ** 32 - 0.5; // in (-1/2, 1/2)
    return -b * Math.sign(u) * Math.log1p(-2 * Math.abs(u));
  });
}
