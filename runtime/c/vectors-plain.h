/* vectors-plain.h — operations of vectors.h in plain C, for processors without a file of their own; the definition of each. */

#define LANES(type, name, vector)                             \
  type name[16 / sizeof(type)];                               \
  memcpy(name, &vector, 16)
#define VECTOR(name) vector_of(name)

static inline v128 vector_of(const void *lanes) {
  v128 vector;
  memcpy(&vector, lanes, 16);
  return vector;
}

static inline s32 clamp(s32 x, s32 lo, s32 hi) { return x < lo ? lo : x > hi ? hi : x; }

static inline v128 i8x16_popcnt(v128 a) {
  LANES(u8, x, a);
  for (int i = 0; i < 16; i++) x[i] = (u8)__builtin_popcount(x[i]);
  return VECTOR(x);
}

/* Lanes of a, then those of b, saturated. */
static inline v128 i8x16_narrow_i16x8(v128 a, v128 b) {
  LANES(s16, x, a);
  LANES(s16, y, b);
  s8 z[16];
  for (int i = 0; i < 16; i++) z[i] = (s8)clamp(i < 8 ? x[i] : y[i - 8], -128, 127);
  return VECTOR(z);
}

static inline v128 i16x8_narrow_i32x4(v128 a, v128 b) {
  LANES(s32, x, a);
  LANES(s32, y, b);
  s16 z[8];
  for (int i = 0; i < 8; i++) z[i] = (s16)clamp(i < 4 ? x[i] : y[i - 4], -32768, 32767);
  return VECTOR(z);
}

static inline v128 i16x8_sub_sat(v128 a, v128 b) {
  LANES(s16, x, a);
  LANES(s16, y, b);
  for (int i = 0; i < 8; i++) x[i] = (s16)clamp(x[i] - y[i], -32768, 32767);
  return VECTOR(x);
}

#define DEFINE_EXTEND(name, narrow, wide, first)                            \
  static inline v128 name(v128 a) {                                         \
    LANES(narrow, x, a);                                                    \
    wide z[16 / sizeof(wide)];                                              \
    for (unsigned i = 0; i < 16 / sizeof(wide); i++) z[i] = x[(first) + i]; \
    return VECTOR(z);                                                       \
  }
DEFINE_EXTEND(i16x8_extend_low_i8x16, s8, s16, 0)
DEFINE_EXTEND(i16x8_extend_high_i8x16, s8, s16, 8)
DEFINE_EXTEND(i32x4_extend_low_i16x8, s16, s32, 0)
DEFINE_EXTEND(i32x4_extend_high_i16x8, s16, s32, 4)

/* Sums of neighbours. */
static inline v128 u16x8_extadd_pairwise_u8x16(v128 a) {
  LANES(u8, x, a);
  u16 z[8];
  for (int i = 0; i < 8; i++) z[i] = (u16)(x[2 * i] + x[2 * i + 1]);
  return VECTOR(z);
}

static inline v128 u32x4_extadd_pairwise_u16x8(v128 a) {
  LANES(u16, x, a);
  u32 z[4];
  for (int i = 0; i < 4; i++) z[i] = (u32)x[2 * i] + x[2 * i + 1];
  return VECTOR(z);
}

/* Sums of the products of neighbours; wraps. */
static inline v128 i32x4_dot_i16x8(v128 a, v128 b) {
  LANES(s16, x, a);
  LANES(s16, y, b);
  u32 z[4];
  for (int i = 0; i < 4; i++) z[i] = (u32)(x[2 * i] * y[2 * i]) + (u32)(x[2 * i + 1] * y[2 * i + 1]);
  return VECTOR(z);
}

/* Sign bits of the lanes. */
static inline u32 i32x4_bitmask(v128 a) { return a[0] >> 31 | a[1] >> 31 << 1 | a[2] >> 31 << 2 | a[3] >> 31 << 3; }

#define DEFINE_PICK(name, type, operator)                                       \
  static inline v128 name(v128 a, v128 b) {                                     \
    LANES(type, x, a);                                                          \
    LANES(type, y, b);                                                          \
    for (int i = 0; i < 4; i++) x[i] = y[i] operator x[i] ? y[i] : x[i];        \
    return VECTOR(x);                                                           \
  }
DEFINE_PICK(i32x4_min, s32, <)
DEFINE_PICK(i32x4_max, s32, >)
/* b < a ? b : a, and a < b ? b : a: the first operand where one is NaN. */
DEFINE_PICK(f32x4_pmin, f32, <)
DEFINE_PICK(f32x4_pmax, f32, >)

static inline v128 f32x4_nearest(v128 a) {
  LANES(f32, x, a);
  for (int i = 0; i < 4; i++) x[i] = f32_nearest(x[i]);
  return VECTOR(x);
}

static inline v128 f32x4_convert_i32x4(v128 a) {
  LANES(s32, x, a);
  f32 z[4];
  for (int i = 0; i < 4; i++) z[i] = (f32)x[i];
  return VECTOR(z);
}

/* Towards zero, saturated; NaN gives 0. */
static inline v128 i32x4_trunc_sat_f32x4(v128 a) {
  LANES(f32, x, a);
  s32 z[4];
  for (int i = 0; i < 4; i++)
    z[i] = x[i] != x[i] ? 0 : x[i] < -2147483648.0f ? INT32_MIN : x[i] >= 2147483648.0f ? INT32_MAX : (s32)x[i];
  return VECTOR(z);
}
