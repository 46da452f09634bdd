import { Conv } from './records';

/**
 * im2col for bits: the taps of each output pixel of a strip, side by side, one patch of `depthBytes` each.
 *
 * Copies run in steps of 8 bytes and may write up to 7 bytes past a tap: the next tap, the zero tail or the next patch
 * overwrites them (the plan leaves room after the last).
 *
 * Requires `rows` rows from `firstRow` on that are some of the output's, no more than a strip has, and what convBits does.
 */
export function gatherPatches(c: Conv, group: i32, firstRow: i32, rows: i32): void {
  if (!ASC_NO_ASSERT) {
    assert(group >= 0 && group < c.groups, 'the group is one of the convolution');
    assert(firstRow >= 0 && rows >= 1 && firstRow + rows <= c.rows, 'the rows are some of the output');
    assert(rows <= c.stripRows, 'the rows are no more than a strip has');
  }
  const kernelRows = c.kernelRows;
  const kernelColumns = c.kernelColumns;
  const tapBytes = c.tapBytes;
  const tapPixelBytes = c.tapPixelBytes;
  const tapRowBytes = c.tapRowBytes;
  const columns = c.columns;
  const depthBytes = c.depthBytes;
  let patch = c.patches;
  let rowStart = c.input + <usize>firstRow * c.strideRowBytes + <usize>group * c.groupBytes;
  for (let row = 0; row < rows; row++) {
    let pixel = rowStart;
    for (let column = 0; column < columns; column++) {
      let to = patch;
      let tapRow = pixel;
      for (let ky = 0; ky < kernelRows; ky++) {
        let tap = tapRow;
        for (let kx = 0; kx < kernelColumns; kx++) {
          for (let i: usize = 0; i < tapBytes; i += 8) store<u64>(to + i, load<u64>(tap + i));
          to += tapBytes;
          tap += tapPixelBytes;
        }
        tapRow += tapRowBytes;
      }
      patch += depthBytes;
      if (to < patch) store<u64>(to, 0); // the tail is at most 7 bytes; weights are 0 there as well
      pixel += c.stridePixelBytes;
    }
    rowStart += c.strideRowBytes;
  }
}
