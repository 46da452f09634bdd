import { estimator } from '../quantizers/estimator.js';
import { insideUnit } from '../quantizers/window.js';
import type { Tensor4D, Tf } from '../types.js';

/** min(max(x, -1), 1). As in PyTorch the gradient at exactly -1 and 1 is 0; that of `tf.clipByValue` is 1. */
export function hardtanh(tf: Tf, x: Tensor4D): Tensor4D {
  return estimator(
    tf,
    (input: Tensor4D) => tf.clipByValue(input, -1, 1),
    (input) => insideUnit(tf, input),
  )(x);
}
