import type { Tensor2D, Tensor4D, Tf } from '../types.js';

/** Lies below every activation, as minus infinity does; but minus infinity times 0 would be NaN. */
const LOWEST = -3.4e38;

/** `F.avg_pool2d(x, window)`: windows lie side by side, and an incomplete last one is left out. */
export function avgPool(tf: Tf, x: Tensor4D, window: number): Tensor4D {
  return tf.avgPool(x, window, window, 'valid');
}

/** `F.max_pool2d(x, window, stride)` on a map with that many rows and columns added before and after it; these never win. */
export function maxPool(
  tf: Tf,
  x: Tensor4D,
  window: number,
  stride: number,
  sides: [before: number, after: number] = [0, 0],
): Tensor4D {
  const padded = sides[0] + sides[1] === 0 ? x : tf.pad4d(x, [[0, 0], sides, sides, [0, 0]], LOWEST);
  return tf.maxPool(padded, window, stride, 'valid');
}

/** Mean over (H, W): (N, H, W, C) -> (N, C). */
export function globalAvgPool(tf: Tf, x: Tensor4D): Tensor2D {
  return tf.mean(x, [1, 2]) as Tensor2D;
}

/** Adds channels of zeros before and after: the parameter-free shortcut into a wider map ("option A"). */
export function padChannels(tf: Tf, x: Tensor4D, before: number, after: number): Tensor4D {
  return tf.pad4d(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [before, after],
  ]);
}
