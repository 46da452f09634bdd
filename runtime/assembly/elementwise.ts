import { epilogueRow } from './epilogue';
import { isAt } from './preconditions';
import { Elementwise } from './records';

/**
 * Affine, add, clip and sign of a float map in one pass.
 *
 * Requires at least one row, f32 input with pixels of the epilogue's blocks, and an epilogue without integer thresholds.
 *
 * @section pixels
 * @takes f32 -> f32 or bits
 * @tile 8 channels of a pixel
 * @chosen `affine`, `borderBias`, `add`, `clip` and `sign` that no convolution takes along
 * @room elementwise.ts
 */
@inline
export function elementwiseOf<T>(a: Elementwise): void {
  if (!ASC_NO_ASSERT) {
    assert(a.rows >= 1, 'there is a row');
    assert(isAt(a.input, 4), 'input is f32');
    assert(changetype<usize>(a.epilogue) != 0 && a.epilogue.sumThresholds == 0, 'the epilogue takes floats');
  }
  const e = a.epilogue;
  const pixelBytes = <usize>e.blocks * 32;
  const rowBytes = <usize>e.columns * pixelBytes;
  for (let row = 0; row < a.rows; row++) {
    epilogueRow<T, f32>(e, a.input + <usize>row * rowBytes, pixelBytes, row, 0, 0);
  }
}
