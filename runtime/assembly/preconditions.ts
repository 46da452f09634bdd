import { Conv } from './records';

// preconditions.ts — what several kernels require of their records, and the words for it.
//
// The planner keeps the preconditions, so a release has no code for them: each function that asserts begins with
// `if (ASC_NO_ASSERT) return;`. (`assert` alone is not enough there: asc would still load the fields that it asks about.)
// The debug build traps where one fails, and names the file and the line:
//
//   node runtime/scripts/build-wasm.mjs --debug       runtime/build/debug/simd.wasm and scalar.wasm
//   npx vitest run --project 'debug kernels'          the tests that run on them

/** Whether `address` is there and a multiple of `alignBytes`. */
@inline
export function isAt(address: usize, alignBytes: usize): bool {
  return address != 0 && address % alignBytes == 0;
}

/** Whether `address` is absent, or there and a multiple of `alignBytes`. */
@inline
export function isAtOrAbsent(address: usize, alignBytes: usize): bool {
  return address % alignBytes == 0;
}

/**
 * What the three convolutions on pixels require: they have at least one of everything that they count, the sums of a pixel have
 * room for the whole blocks of 8 filters of every group, and the epilogue is for the same row of channels.
 */
export function checkConv(c: Conv): void {
  if (ASC_NO_ASSERT) return;
  assert(isAt(c.input, 1), 'input is there');
  assert(c.kernelRows >= 1 && c.kernelColumns >= 1 && c.tapBytes >= 1, 'there is a tap');
  assert(c.rows >= 1 && c.columns >= 1, 'there is an output pixel');
  assert(c.groups >= 1 && c.groupFilters >= 1, 'there is a filter');
  assert(c.groups == 1 || c.groupBytes >= 1 && c.groupWeightBytes >= 1, 'several groups lie apart');
  assert(isAt(c.weights, 4), 'weights are whole words');
  assert(isAt(c.sums, 4), 'sums are whole words');
  const lastFilters = (c.groups - 1) * c.groupFilters;
  assert(c.sumsPixelBytes % 32 == 0, 'a pixel has whole blocks of 8 sums');
  assert(c.sumsPixelBytes >= <usize>(lastFilters + ((c.groupFilters + 7) & ~7)) * 4, "the last group's last block of 8 filters ends in its pixel");
  assert(changetype<usize>(c.epilogue) != 0, 'there is an epilogue');
  const e = c.epilogue;
  assert(e.columns == c.columns, 'the epilogue has the same columns');
  assert(e.blocks == (c.groups * c.groupFilters + 7) >> 3, 'the epilogue has the same channels');
}

/**
 * What all pools require: windows with at least one row or column, and of these one inside the map, wherever the window is.
 *
 * @param size of the map along one side; `count` of the windows.
 */
export function checkWindows(size: i32, count: i32, window: i32, stride: i32, padBefore: i32): void {
  if (ASC_NO_ASSERT) return;
  assert(size >= 1 && count >= 1, 'there is an element and a window');
  assert(window >= 1 && stride >= 1, 'a window has elements, and windows lie apart');
  assert(padBefore >= 0 && padBefore < window, 'the first window reaches into the map');
  assert((count - 1) * stride - padBefore < size, 'the last window begins before the map ends');
}
