/* vectors-x86.h — operations of vectors.h with SSE4.1; vectors-plain.h defines each. */

#include <smmintrin.h>

static inline v128 i8x16_popcnt(v128 a) {
  const __m128i counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m128i nibble = _mm_set1_epi8(15);
  const __m128i low = _mm_and_si128((__m128i)a, nibble);
  const __m128i high = _mm_and_si128(_mm_srli_epi16((__m128i)a, 4), nibble);
  return (v128)_mm_add_epi8(_mm_shuffle_epi8(counts, low), _mm_shuffle_epi8(counts, high));
}

static inline v128 i8x16_narrow_i16x8(v128 a, v128 b) { return (v128)_mm_packs_epi16((__m128i)a, (__m128i)b); }
static inline v128 i16x8_narrow_i32x4(v128 a, v128 b) { return (v128)_mm_packs_epi32((__m128i)a, (__m128i)b); }

static inline v128 i16x8_sub_sat(v128 a, v128 b) { return (v128)_mm_subs_epi16((__m128i)a, (__m128i)b); }

static inline v128 i16x8_extend_low_i8x16(v128 a) { return (v128)_mm_cvtepi8_epi16((__m128i)a); }
static inline v128 i32x4_extend_low_i16x8(v128 a) { return (v128)_mm_cvtepi16_epi32((__m128i)a); }
static inline v128 i16x8_extend_high_i8x16(v128 a) {
  return (v128)_mm_srai_epi16(_mm_unpackhi_epi8((__m128i)a, (__m128i)a), 8);
}
static inline v128 i32x4_extend_high_i16x8(v128 a) {
  return (v128)_mm_srai_epi32(_mm_unpackhi_epi16((__m128i)a, (__m128i)a), 16);
}

static inline v128 u16x8_extadd_pairwise_u8x16(v128 a) {
  return (v128)_mm_maddubs_epi16((__m128i)a, _mm_set1_epi8(1));
}
static inline v128 u32x4_extadd_pairwise_u16x8(v128 a) {
  return (v128)_mm_add_epi32(_mm_srli_epi32((__m128i)a, 16), _mm_and_si128((__m128i)a, _mm_set1_epi32(0xffff)));
}

static inline v128 i32x4_dot_i16x8(v128 a, v128 b) { return (v128)_mm_madd_epi16((__m128i)a, (__m128i)b); }

static inline u32 i32x4_bitmask(v128 a) { return (u32)_mm_movemask_ps((__m128)a); }

static inline v128 i32x4_min(v128 a, v128 b) { return (v128)_mm_min_epi32((__m128i)a, (__m128i)b); }
static inline v128 i32x4_max(v128 a, v128 b) { return (v128)_mm_max_epi32((__m128i)a, (__m128i)b); }

/* minps gives its second operand unless the first is less. */
static inline v128 f32x4_pmin(v128 a, v128 b) { return (v128)_mm_min_ps((__m128)b, (__m128)a); }
static inline v128 f32x4_pmax(v128 a, v128 b) { return (v128)_mm_max_ps((__m128)b, (__m128)a); }

static inline v128 f32x4_nearest(v128 a) {
  return (v128)_mm_round_ps((__m128)a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline v128 f32x4_convert_i32x4(v128 a) { return (v128)_mm_cvtepi32_ps((__m128i)a); }

/* cvttps gives 0x80000000 for all that doesn't fit. */
static inline v128 i32x4_trunc_sat_f32x4(v128 a) {
  const __m128 isNumber = _mm_cmpord_ps((__m128)a, (__m128)a);
  const __m128 isTooLarge = _mm_cmpge_ps((__m128)a, _mm_set1_ps(2147483648.0f));
  const __m128i truncated = _mm_cvttps_epi32(_mm_and_ps((__m128)a, isNumber));
  return (v128)_mm_xor_si128(truncated, (__m128i)isTooLarge);
}
