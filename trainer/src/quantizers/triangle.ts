import type { Tensor4D, Tf } from '../types.js';

/** max(0, 2 - 2|a|): 2 + 2a on [-1, 0), 2 - 2a on [0, 1), the derivative of Bi-Real's piecewise polynomial. */
export function triangle(tf: Tf, a: Tensor4D): Tensor4D {
  return tf.relu(tf.sub(2, tf.mul(tf.abs(a), 2)));
}
