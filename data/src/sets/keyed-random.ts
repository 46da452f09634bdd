const GOLDEN = 0x9e3779b9;

/** A bijection of 32-bit words in which each input bit flips each output bit about half of the time ("lowbias32"). */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * Uniform numbers in [0, 1) that depend on the keys alone. So what happens to image i of epoch e doesn't depend on the thread that works on
 * it, on the time, or on whether the run was resumed.
 *
 * @param keys whole numbers, such as seed, epoch, position.
 */
export function keyedRandom(...keys: readonly number[]): () => number {
  let state = 0;
  for (const key of keys) state = mix(state + GOLDEN + mix(key));
  return () => {
    state = (state + GOLDEN) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
}

/** The numbers 0 to `count` - 1 in an order that depends on the keys alone (Fisher and Yates). */
export function keyedOrder(count: number, ...keys: readonly number[]): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = keyedRandom(...keys);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
