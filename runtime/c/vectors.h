/* vectors.h — WebAssembly's 128-bit vectors, those operations that the kernels use, for gcc and clang.
 *
 * What the compilers' vector extensions say is written once, here. The rest is in three files with the same functions: vectors-x86.h
 * (SSE4.1), vectors-arm.h (NEON), and vectors-plain.h, which is plain C and says what the other two have to do. Results are the same bits
 * everywhere: no operation here rounds twice or fuses.
 *
 * Lane 0 is at the lowest address. Names are those of WebAssembly with the sign in the type: i signed or both, u unsigned. */
#ifndef SIGNWAVE_VECTORS_H
#define SIGNWAVE_VECTORS_H

#include "wasm.h"

typedef u32 v128 __attribute__((vector_size(16)));

typedef u8 u8x16 __attribute__((vector_size(16)));
typedef s8 s8x16 __attribute__((vector_size(16)));
typedef s16 s16x8 __attribute__((vector_size(16)));
typedef u16 u16x8 __attribute__((vector_size(16)));
typedef s32 s32x4 __attribute__((vector_size(16)));
typedef u32 u32x4 __attribute__((vector_size(16)));
typedef u64 u64x2 __attribute__((vector_size(16)));
typedef f32 f32x4 __attribute__((vector_size(16)));
typedef s8 s8x8 __attribute__((vector_size(8)));
typedef s16 s16x4 __attribute__((vector_size(8)));

/* ---- memory and constants ---- */

static inline v128 v128_load(u64 address) {
  v128 value;
  memcpy(&value, AT(address), 16);
  return value;
}

static inline void v128_store(u64 address, v128 value) { memcpy(AT(address), &value, 16); }

static inline v128 i32x4_splat(u32 x) { return (v128){x, x, x, x}; }
static inline v128 i16x8_splat(u32 x) { return i32x4_splat((x & 0xffff) * 0x10001u); }
static inline v128 i8x16_splat(u32 x) { return i32x4_splat((x & 0xff) * 0x1010101u); }
static inline v128 f32x4_splat(f32 x) { return (v128)(f32x4){x, x, x, x}; }

static inline v128 v128_load32_splat(u64 address) { return i32x4_splat(i32_load(address)); }
static inline v128 v128_load16_splat(u64 address) { return i16x8_splat(i32_load16_u(address)); }
static inline v128 v128_load8_splat(u64 address) { return i8x16_splat(i32_load8_u(address)); }

#define v128_zero ((v128){0, 0, 0, 0})
#define v128_const(...) ((v128)(u8x16){__VA_ARGS__})

/* ---- bits and integers ---- */

#define DEFINE_BINARY(name, type, operator) \
  static inline v128 name(v128 a, v128 b) { return (v128)((type)a operator(type) b); }

DEFINE_BINARY(v128_and, v128, &)
DEFINE_BINARY(v128_or, v128, |)
DEFINE_BINARY(v128_xor, v128, ^)
DEFINE_BINARY(v128_andnot, v128, &~)
DEFINE_BINARY(i8x16_add, u8x16, +)
DEFINE_BINARY(i8x16_sub, u8x16, -)
DEFINE_BINARY(i16x8_add, u16x8, +)
DEFINE_BINARY(i32x4_add, u32x4, +)
DEFINE_BINARY(i32x4_sub, u32x4, -)
DEFINE_BINARY(i8x16_gt, s8x16, >)
DEFINE_BINARY(i16x8_lt, s16x8, <)
DEFINE_BINARY(i32x4_ge, s32x4, >=)

static inline v128 v128_bitselect(v128 ones, v128 zeros, v128 mask) { return (ones & mask) | (zeros & ~mask); }

static inline v128 i32x4_shl(v128 a, u32 count) { return (v128)((u32x4)a << (count & 31)); }
static inline v128 u16x8_shr(v128 a, u32 count) { return (v128)((u16x8)a >> (u16)(count & 15)); }

#define i64x2_extract_lane(a, lane) (((u64x2)(a))[lane])

/* Bytes of a (0 to 15) and of b (16 to 31), at constant places. */
#if defined(__clang__) || __GNUC__ >= 12
#define i8x16_shuffle(a, b, ...) ((v128)__builtin_shufflevector((u8x16)(a), (u8x16)(b), __VA_ARGS__))
#else
#define i8x16_shuffle(a, b, ...) ((v128)__builtin_shuffle((u8x16)(a), (u8x16)(b), (u8x16){__VA_ARGS__}))
#endif

/* ---- floats ----
 * 32-bit ARM's NEON takes numbers below 2^-126 for zero, its scalar unit doesn't: there, lanes are computed one by one. clang would see
 * through that and use NEON all the same; STAY_SCALAR, before and after an operation, hides a lane from it. */

#if defined(__arm__)
#define STAY_SCALAR(x) __asm__("" : "+t"(x))

static inline f32 lane_of(v128 a, int i) {
  f32 lane = ((f32x4)a)[i];
  STAY_SCALAR(lane);
  return lane;
}

#define DEFINE_FLOAT(name, operator)                      \
  static inline v128 name(v128 a, v128 b) {               \
    f32x4 result;                                         \
    for (int i = 0; i < 4; i++) {                         \
      f32 lane = lane_of(a, i) operator lane_of(b, i);    \
      STAY_SCALAR(lane);                                  \
      result[i] = lane;                                   \
    }                                                     \
    return (v128)result;                                  \
  }
#define DEFINE_FLOAT_COMPARE(name, operator)                   \
  static inline v128 name(v128 a, v128 b) {                    \
    v128 result;                                               \
    for (int i = 0; i < 4; i++) {                              \
      u32 mask = lane_of(a, i) operator lane_of(b, i) ? ~0u : 0; \
      __asm__("" : "+r"(mask));                                \
      result[i] = mask;                                        \
    }                                                          \
    return result;                                             \
  }
#else
#define DEFINE_FLOAT(name, operator) DEFINE_BINARY(name, f32x4, operator)
#define DEFINE_FLOAT_COMPARE(name, operator) DEFINE_BINARY(name, f32x4, operator)
#endif

DEFINE_FLOAT(f32x4_add, +)
DEFINE_FLOAT(f32x4_sub, -)
DEFINE_FLOAT(f32x4_mul, *)
DEFINE_FLOAT(f32x4_div, /)
DEFINE_FLOAT_COMPARE(f32x4_lt, <)
DEFINE_FLOAT_COMPARE(f32x4_ge, >=)

/* ---- what needs instructions of its own ---- */

#if defined(SIGNWAVE_PLAIN_VECTORS)
#include "vectors-plain.h"
#elif defined(__SSE4_1__)
#include "vectors-x86.h"
#elif defined(__ARM_NEON)
#include "vectors-arm.h"
#else
#include "vectors-plain.h"
#endif

#endif
