import type { Tensor4D, Tf } from '../types.js';

export interface Window {
  readonly kernel: number;
  readonly stride: number;
}

/**
 * The pads of TensorFlow's and Keras's "same": ceil(size / stride) outputs; what that takes is divided between both ends, and if it is odd
 * the end has one more. So a kernel of 3 with a stride of 2 pads an even size by 0 before and 1 behind, where PyTorch has 1 and 1.
 */
export function samePads(size: number, { kernel, stride }: Window): [before: number, behind: number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** A map (N, H, W, C) with those pads of 0. */
export function padSame(tf: Tf, x: Tensor4D, window: Window): Tensor4D {
  const [, height, width] = x.shape;
  return tf.pad4d(x, [[0, 0], samePads(height, window), samePads(width, window), [0, 0]]);
}
