// sums.ts — from the definition of a binary convolution to its sum, in integers.
//
// This is the whole derivation, and where each step is done; epilogue.ts goes on with it, from the sum to the bit that the next
// layer reads.
//
// Step 0. The definition (format/SPEC.md 4.3). An output pixel and a filter have n taps: kernel rows times kernel columns times the
// channels of a group. Under tap k lies the activation a[k], which is +1 or -1, or 0 on a pad; its weight w[k] is +1 or -1.
//
//     sum = sum over k of a[k] * w[k],   k = 0 ... n - 1
//
//   Every partial sum is a whole number of magnitude n or less, and n < 2^24: binary32 holds it exactly. So the order of the taps
//   doesn't matter, nothing is rounded, and a sum of integers is the reference's sum of floats.
//
// Step 1. Mismatches. Let there be no pads yet. A product is +1 where the two signs agree, and -1 where they differ. If they differ
//   at m taps, they agree at n - m:
//
//     sum = (n - m) - m = n - 2m
//
// Step 2. Bits. +1 is bit 1, and -1 is bit 0 (SPEC 3.3). Two values differ where their bits do. With the bits of all taps in one
//   string each, A of the activations and W of the weights, in the same order:
//
//     m = popcount(A XOR W)
//
//   A is a patch, which gatherPatches lays out; W is a row of packFilters, which puts it into the order of the GEMM.
//
// Step 3. Groups and padding bits. A and W have the channels of one group, so these have to start at a byte: where they don't,
//   regroupBits moves them first. The channels of a tap are filled up to whole bytes, and a patch to whole words. These padding bits
//   are 0 in A and in W, so their XOR is 0 and m doesn't count them; n doesn't, either. Filters that are missing in the last block
//   of 8 have weights 0: their sums mean nothing, and the epilogue sees to it that their bits are 0 (steps 13 and 14).
//
// Step 4. Words. A popcount of a string is the sum of the popcounts of its words. SIMD counts by bytes, at most 8 in each, and adds
//   31 words before it widens to i32, since 31 * 8 = 248 fits a byte (gemm-simd.ts); scalar counts by 64 bits (gemm-scalar.ts).
//   That is `mismatches`.
//
// Step 5. Pads. A pad is worth 0, which a bit can't say. Bit maps have 0 there, that is -1, so a tap k on a pad adds -w[k] to
//   n - 2m where it should add nothing. Let P be the taps on pads. Giving back what they took:
//
//     n - 2m = sum - (sum over k in P of w[k])
//     sum    = n + (sum over k in P of w[k]) - 2m
//
// Step 6. Border classes. P depends on which kernel rows lie outside the map and which kernel columns do, and these are the same for
//   all but some rows and columns at the border. Rows with the same ones are a class, and columns likewise. For each pair of classes
//   and each filter the planner computes once, in sumBases:
//
//     base = n + sum over k in P of w[k]
//
//   Each row knows where its class begins in `bases`, and each column how far its own lies behind (epilogueRow, thresholdRow).
//
// Step 7. A bias in the sum. A borderBias of whole numbers behind the convolution (SPEC 4.7, 5) is a constant for each pair of its
//   own classes. sumBases splits the classes of step 6 where these differ, and adds the constant to base.
//
// Step 8. The sum. What is left for the kernel is one shift and one subtraction, the first line of both functions below:
//
//     sum = base - 2 * mismatches
//
//   Its magnitude is below 2^24, so neither it nor its float is rounded.

/**
 * Step 8: the sums of the lanes of T as floats, exact.
 *
 * @param mismatches i32, as many as T has lanes. @param bases i32, likewise; both at multiples of 4 bytes.
 */
@inline
export function sumLanes<T>(mismatches: usize, bases: usize): T {
  if (isVector<T>()) {
    return f32x4.convert_i32x4_s(i32x4.sub(v128.load(bases), i32x4.shl(v128.load(mismatches), 1)));
  } else {
    return <f32>(load<i32>(bases) - (load<i32>(mismatches) << 1));
  }
}

/**
 * Step 8, and the comparison of step 14 (epilogue.ts): one bit per lane, the first lane lowest.
 *
 * @param mismatches as of {@link sumLanes}. @param bases likewise. @param thresholds i32, likewise.
 */
@inline
export function sumReachesBits<T>(mismatches: usize, bases: usize, thresholds: usize): i32 {
  if (isVector<T>()) {
    const sum = i32x4.sub(v128.load(bases), i32x4.shl(v128.load(mismatches), 1));
    return i32x4.bitmask(i32x4.ge_s(sum, v128.load(thresholds)));
  } else {
    return i32(load<i32>(bases) - (load<i32>(mismatches) << 1) >= load<i32>(thresholds));
  }
}
