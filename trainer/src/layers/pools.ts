import type { Tensor2D, Tensor4D, Tf } from '../types.js';

/** Below every activation, as minus infinity is; infinity itself would make NaN of a product with 0. */
const LOWEST = -3.4e38;

/** `F.avg_pool2d(x, window)`: windows side by side, an incomplete last one left out. */
export function avgPool(tf: Tf, x: Tensor4D, window: number): Tensor4D {
  return tf.avgPool(x, window, window, 'valid');
}

/** `F.max_pool2d(x, window, stride, pad)`; pixels of the pad are never the largest. */
export function maxPool(tf: Tf, x: Tensor4D, window: number, stride: number, pad = 0): Tensor4D {
  const sides: [number, number] = [pad, pad];
  const padded = pad === 0 ? x : tf.pad4d(x, [[0, 0], sides, sides, [0, 0]], LOWEST);
  return tf.maxPool(padded, window, stride, 'valid');
}

/** Mean over (H, W): (N, H, W, C) -> (N, C). */
export function globalAvgPool(tf: Tf, x: Tensor4D): Tensor2D {
  return tf.mean(x, [1, 2]) as Tensor2D;
}

/** Channels of zeros before and after: the parameter-free shortcut into a wider map ("option A"). */
export function padChannels(tf: Tf, x: Tensor4D, before: number, after: number): Tensor4D {
  return tf.pad4d(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [before, after],
  ]);
}
