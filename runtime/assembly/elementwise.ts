import { epilogueRow } from './epilogue';
import { Elementwise, Epilogue } from './records';

/** Affine, add, clip, sign of a float map, fused. */
@inline
export function elementwiseOf<T>(a: Elementwise): void {
  const e = a.epilogue;
  const pixelBytes = <usize>e.blocks * 32;
  const rowBytes = <usize>e.columns * pixelBytes;
  for (let row = 0; row < a.rows; row++) {
    epilogueRow<T, f32>(e, a.input + <usize>row * rowBytes, pixelBytes, row, 0, 0);
  }
}
