import { epilogueRow, thresholdRow } from './epilogue';
import { gatherPatches } from './patches';
import { checkConv, isAt } from './preconditions';
import { Conv } from './records';

/** The part that the SIMD and the scalar build do differently: gemm-simd.ts and gemm-scalar.ts. */
type Gemm = (
  patches: usize, pixels: i32, depthBytes: usize, weights: usize, filterBlocks: i32, sums: usize, sumsPixelBytes: usize,
) => void;

/**
 * Binary convolution, strip by strip: gather the patches, count mismatches, and finish each row while its sums are
 * still in the cache. Blocks of 8 filters may write past a group's last filter; the next group overwrites that.
 *
 * Requires, beside what {@link checkConv} says: a patch is its taps and less than 8 bytes behind them, a multiple of the
 * GEMM's word (4 bytes with SIMD, 8 without); `patches` has 7 bytes more than the patches of a strip; the weights of each
 * group are whole blocks of 8 filters, and 0 wherever a patch has no tap.
 *
 * @section pixels
 * @takes bits x bits -> i32, then f32 or bits
 * @tile 4 pixels x 8 filters x 32 taps, at the end of a strip 1 x 8; scalar: 1 x 2 x 64 taps
 * @chosen `conv` or `linear` of signs with 1-bit weights, where tables can't be used or are slower by estimate
 * @room conv-bits.ts
 */
@inline
export function convBitsOf<T>(c: Conv, gemm: Gemm): void {
  checkConvBits<T>(c);
  const e = c.epilogue;
  const rowSumsBytes = <usize>c.columns * c.sumsPixelBytes;
  const filterBlocks = (c.groupFilters + 7) >> 3;
  for (let row = 0; row < c.rows; row += c.stripRows) {
    const stripRows = min(c.stripRows, c.rows - row);
    for (let group = 0; group < c.groups; group++) {
      gatherPatches(c, group, row, stripRows);
      gemm(
        c.patches, stripRows * c.columns, c.depthBytes, c.weights + <usize>group * c.groupWeightBytes,
        filterBlocks, c.sums + <usize>(group * c.groupFilters) * 4, c.sumsPixelBytes,
      );
    }
    for (let r = 0; r < stripRows; r++) {
      const sums = c.sums + <usize>r * rowSumsBytes;
      const rowBases = c.bases + load<u32>(c.rowBases + (<usize>(row + r) << 2));
      if (e.sumThresholds) thresholdRow<T>(e, sums, c.sumsPixelBytes, row + r, rowBases, c.columnBases);
      else epilogueRow<T, i32>(e, sums, c.sumsPixelBytes, row + r, rowBases, c.columnBases);
    }
  }
}

@inline
function checkConvBits<T>(c: Conv): void {
  if (ASC_NO_ASSERT) return;
  checkConv(c);
  const taps = <usize>(c.kernelRows * c.kernelColumns) * c.tapBytes;
  assert(c.depthBytes % (isVector<T>() ? 4 : 8) == 0, "a patch is whole words of the GEMM");
  assert(c.depthBytes >= taps && c.depthBytes - taps < 8, 'a patch is its taps and less than 8 bytes');
  assert(c.groups == 1 || c.groupWeightBytes == <usize>((c.groupFilters + 7) & ~7) * c.depthBytes, 'groups have whole blocks of 8 filters');
  assert(c.stripRows >= 1, 'a strip has a row');
  assert(isAt(c.patches, 8), 'patches are whole words');
  assert(isAt(c.bases, 4) && isAt(c.rowBases, 4) && isAt(c.columnBases, 4), 'there are bases for every border class');
}
