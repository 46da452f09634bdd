/* wasm.h — what kernels.c needs of WebAssembly besides vectors: types, the memory, and three scalar operations.
 *
 * Addresses are not checked: the plan that calls the kernels is part of the model and was checked when it was made, and the input changes
 * no address. */
#ifndef SIGNWAVE_WASM_H
#define SIGNWAVE_WASM_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the model's data are little-endian words, this machine is big-endian"
#endif

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;
typedef float f32;
typedef double f64;

/* Address 0 of the memory; model.c has it. Begins at a multiple of 64. */
extern u8 signwave_memory[];

#define AT(address) (signwave_memory + (size_t)(address))

#define DEFINE_LOAD(name, stored, result)     \
  static inline result name(u64 address) {    \
    stored value;                             \
    memcpy(&value, AT(address), sizeof value); \
    return (result)value;                     \
  }
#define DEFINE_STORE(name, stored, given)           \
  static inline void name(u64 address, given value) { \
    stored narrowed = (stored)value;                \
    memcpy(AT(address), &narrowed, sizeof narrowed); \
  }

DEFINE_LOAD(i32_load, u32, u32)
DEFINE_LOAD(i64_load, u64, u64)
DEFINE_LOAD(f32_load, f32, f32)
DEFINE_LOAD(f64_load, f64, f64)
DEFINE_LOAD(i32_load8_u, u8, u32)
DEFINE_LOAD(i32_load8_s, s8, u32)
DEFINE_LOAD(i32_load16_u, u16, u32)
DEFINE_LOAD(i32_load16_s, s16, u32)
DEFINE_STORE(i32_store, u32, u32)
DEFINE_STORE(i64_store, u64, u64)
DEFINE_STORE(f32_store, f32, f32)
DEFINE_STORE(f64_store, f64, f64)
DEFINE_STORE(i32_store8, u8, u32)
DEFINE_STORE(i32_store16, u16, u32)
DEFINE_STORE(i64_store8, u8, u64)

/* Divisors are sizes of the plan, never 0 or -1. */
#define I32_DIV_S(x, y) ((u32)((s32)(x) / (s32)(y)))

/* NaN if one is NaN; -0 is less than 0. */
static inline f32 f32_min(f32 x, f32 y) {
  if (x != x || y != y) return x + y;
  return x < y || (x == y && signbit(x)) ? x : y;
}

static inline f32 f32_max(f32 x, f32 y) {
  if (x != x || y != y) return x + y;
  return x > y || (x == y && !signbit(x)) ? x : y;
}

static inline f64 f64_max(f64 x, f64 y) {
  if (x != x || y != y) return x + y;
  return x > y || (x == y && !signbit(x)) ? x : y;
}

/* To the nearest integer, halves to the even one. */
static inline f32 f32_nearest(f32 x) { return nearbyintf(x); }

#endif
