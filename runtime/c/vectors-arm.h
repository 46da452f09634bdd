/* vectors-arm.h — operations of vectors.h with NEON, of 64-bit ARM and of 32-bit ARM (ARMv7); vectors-plain.h defines each. */

#include <arm_neon.h>

static inline v128 i8x16_popcnt(v128 a) { return (v128)vcntq_u8((uint8x16_t)a); }

static inline v128 i8x16_narrow_i16x8(v128 a, v128 b) {
  return (v128)vcombine_s8(vqmovn_s16((int16x8_t)a), vqmovn_s16((int16x8_t)b));
}
static inline v128 i16x8_narrow_i32x4(v128 a, v128 b) {
  return (v128)vcombine_s16(vqmovn_s32((int32x4_t)a), vqmovn_s32((int32x4_t)b));
}

static inline v128 i16x8_sub_sat(v128 a, v128 b) { return (v128)vqsubq_s16((int16x8_t)a, (int16x8_t)b); }

static inline v128 i16x8_extend_low_i8x16(v128 a) { return (v128)vmovl_s8(vget_low_s8((int8x16_t)a)); }
static inline v128 i16x8_extend_high_i8x16(v128 a) { return (v128)vmovl_s8(vget_high_s8((int8x16_t)a)); }
static inline v128 i32x4_extend_low_i16x8(v128 a) { return (v128)vmovl_s16(vget_low_s16((int16x8_t)a)); }
static inline v128 i32x4_extend_high_i16x8(v128 a) { return (v128)vmovl_s16(vget_high_s16((int16x8_t)a)); }

static inline v128 u16x8_extadd_pairwise_u8x16(v128 a) { return (v128)vpaddlq_u8((uint8x16_t)a); }
static inline v128 u32x4_extadd_pairwise_u16x8(v128 a) { return (v128)vpaddlq_u16((uint16x8_t)a); }

static inline v128 i32x4_dot_i16x8(v128 a, v128 b) {
  const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  const int32x4_t high = vmull_s16(vget_high_s16((int16x8_t)a), vget_high_s16((int16x8_t)b));
#if defined(__aarch64__)
  return (v128)vpaddq_s32(low, high);
#else
  return (v128)vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                            vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
}

static inline u32 i32x4_bitmask(v128 a) {
  const u32x4 bits = (u32x4)a >> 31 << (u32x4){0, 1, 2, 3};
#if defined(__aarch64__)
  return vaddvq_u32((uint32x4_t)bits);
#else
  const uint32x2_t pairs = vpadd_u32(vget_low_u32((uint32x4_t)bits), vget_high_u32((uint32x4_t)bits));
  return vget_lane_u32(vpadd_u32(pairs, pairs), 0);
#endif
}

static inline v128 i32x4_min(v128 a, v128 b) { return (v128)vminq_s32((int32x4_t)a, (int32x4_t)b); }
static inline v128 i32x4_max(v128 a, v128 b) { return (v128)vmaxq_s32((int32x4_t)a, (int32x4_t)b); }

static inline v128 f32x4_pmin(v128 a, v128 b) { return v128_bitselect(b, a, f32x4_lt(b, a)); }
static inline v128 f32x4_pmax(v128 a, v128 b) { return v128_bitselect(b, a, f32x4_lt(a, b)); }

/* Exact in NEON's arithmetic too: an integer in, or one out. */
static inline v128 f32x4_convert_i32x4(v128 a) { return (v128)vcvtq_f32_s32((int32x4_t)a); }
static inline v128 i32x4_trunc_sat_f32x4(v128 a) { return (v128)vcvtq_s32_f32((float32x4_t)a); }

#if defined(__aarch64__)
static inline v128 f32x4_nearest(v128 a) { return (v128)vrndnq_f32((float32x4_t)a); }
#else
static inline v128 f32x4_nearest(v128 a) {
  f32 x[4];
  memcpy(x, &a, 16);
  for (int i = 0; i < 4; i++) x[i] = f32_nearest(x[i]);
  memcpy(&a, x, 16);
  return a;
}
#endif
