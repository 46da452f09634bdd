import { epilogueRow, thresholdRow } from './epilogue';
import { gatherPatches } from './patches';
import { Conv, Epilogue } from './records';

/** What the SIMD and the scalar build do differently: see gemm-simd.ts and gemm-scalar.ts. */
type Gemm = (
  patches: usize, pixels: i32, depthBytes: usize, weights: usize, filterBlocks: i32, sums: usize, sumsPixelBytes: usize,
) => void;

/**
 * Binary convolution, strip by strip: gather the patches, count mismatches, and finish each row while its sums are
 * still in the cache. Blocks of 8 filters may write past a group's last filter; the next group overwrites that.
 */
@inline
export function convBitsOf<T>(c: Conv, gemm: Gemm): void {
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
