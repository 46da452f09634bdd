// sums.ts — from mismatches to the sum of a binary convolution.
//
//   sum = base - 2 * mismatches
//
// `mismatches` is popcount(activations XOR weights) over a patch whose pads are bits 0, that is -1. `base` is the number
// of taps plus the sum of the weights that lie on pads: what each of them took away, given back, so that a pad counts as
// the zero that it is (format/SPEC.md 4.3 and section 5). It depends on the border class of the pixel and on the filter.

/** The sums as floats, exact. */
@inline
export function sumLanes<T>(mismatches: usize, bases: usize): T {
  if (isVector<T>()) {
    return f32x4.convert_i32x4_s(i32x4.sub(v128.load(bases), i32x4.shl(v128.load(mismatches), 1)));
  } else {
    return <f32>(load<i32>(bases) - (load<i32>(mismatches) << 1));
  }
}

/** One bit per lane: sum >= threshold. */
@inline
export function sumReachesBits<T>(mismatches: usize, bases: usize, thresholds: usize): i32 {
  if (isVector<T>()) {
    const sum = i32x4.sub(v128.load(bases), i32x4.shl(v128.load(mismatches), 1));
    return i32x4.bitmask(i32x4.ge_s(sum, v128.load(thresholds)));
  } else {
    return i32(load<i32>(bases) - (load<i32>(mismatches) << 1) >= load<i32>(thresholds));
  }
}
