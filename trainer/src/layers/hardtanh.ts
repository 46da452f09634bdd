import type { Tensor, Tensor4D, Tf } from '../types.js';
import { gradientOfRelu } from './relu-gradient.js';

/** min(max(x, -1), 1). As in PyTorch the gradient at exactly -1 and 1 is 0; that of `tf.clipByValue` is 1. */
export function hardtanh(tf: Tf, x: Tensor4D): Tensor4D {
  const operation = tf.customGrad((input, save) => {
    (save as (tensors: Tensor[]) => void)([input as Tensor]);
    return {
      value: tf.clipByValue(input as Tensor4D, -1, 1),
      // 1 - |x| is exact near 1.
      gradFunc: (dy: Tensor, [saved]: Tensor[]) => gradientOfRelu(tf, dy, tf.sub(1, tf.abs(saved!))),
    };
  });
  return operation(x) as Tensor4D;
}
