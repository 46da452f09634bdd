// lanes.ts — arithmetic on T, which is v128 (four f32 lanes) in the SIMD build and f32 in the scalar one, so that
// an operation is written once. Every function is one instruction after inlining.
//
// Requires, of every address: a multiple of 4, with `laneBytes` bytes of memory behind it. Nothing is asserted here: asserts
// would stand in every inner loop, and those who hand in addresses assert theirs.

@inline
export function laneCount<T>(): i32 {
  return isVector<T>() ? 4 : 1;
}

@inline
export function laneBytes<T>(): usize {
  return isVector<T>() ? 16 : 4;
}

@inline
export function loadLanes<T>(address: usize): T {
  if (isVector<T>()) return v128.load(address);
  else return load<f32>(address);
}

@inline
export function storeLanes<T>(address: usize, x: T): void {
  if (isVector<T>()) v128.store(address, x);
  else store<f32>(address, x);
}

@inline
export function splat<T>(x: f32): T {
  if (isVector<T>()) return f32x4.splat(x);
  else return x;
}

/** One f32 in all lanes. */
@inline
export function loadSplat<T>(address: usize): T {
  if (isVector<T>()) return v128.load32_splat(address);
  else return load<f32>(address);
}

@inline
export function add<T>(x: T, y: T): T {
  if (isVector<T>()) return f32x4.add(x, y);
  else return x + y;
}

@inline
export function mul<T>(x: T, y: T): T {
  if (isVector<T>()) return f32x4.mul(x, y);
  else return x * y;
}

@inline
export function div<T>(x: T, y: T): T {
  if (isVector<T>()) return f32x4.div(x, y);
  else return x / y;
}

/** Gives y where x < y, else x. That is SPEC 4.8's lower bound, also of -0 by +0, and 4.10's step. (f32x4.max takes eight instructions on x86.) */
@inline
export function atLeast<T>(x: T, y: T): T {
  if (isVector<T>()) return f32x4.pmax(x, y);
  else return x < y ? y : x;
}

/** Gives y where x > y, else x. */
@inline
export function atMost<T>(x: T, y: T): T {
  if (isVector<T>()) return f32x4.pmin(x, y);
  else return x > y ? y : x;
}

/** One bit per lane, the first lane lowest: x >= y. */
@inline
export function greaterEqualBits<T>(x: T, y: T): i32 {
  if (isVector<T>()) return i32x4.bitmask(f32x4.ge(x, y));
  else return i32(x >= y);
}

/** Gives `negative` where x < 0, else `positive`. */
@inline
export function selectNegative<T>(x: T, negative: T, positive: T): T {
  if (isVector<T>()) return v128.bitselect(negative, positive, f32x4.lt(x, f32x4.splat(0)));
  else return x < 0 ? negative : positive;
}
