// cpu.ts — what a page isn't told about the CPU, but WebAssembly leaves to it.

/**
 * Bits of the NaN that zero / zero gives.
 *
 * @param zero 0, handed in so that no compiler does the division.
 */
export function nanBits(zero: f32): i32 {
  if (!ASC_NO_ASSERT) assert(zero == 0, 'zero is 0');
  return reinterpret<i32>(zero / zero);
}
