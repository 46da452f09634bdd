import type { Scalar, Tensor4D, Tf } from '../types.js';

/**
 * Mean |w| of a whole layer, (), in levels. The wasm back end adds one number after the other in float32: for two million weights that is
 * some thousandths off, which would be another network than the packed one.
 *
 * @param w (O, I, kh, kw).
 */
export function layerMagnitude(tf: Tf, w: Tensor4D): Scalar {
  const [filters, inner, height, width] = w.shape;
  const perTap = tf.reshape(tf.abs(w), [filters, inner, height * width]);
  return tf.mean(tf.mean(tf.mean(perTap, 2), 1)) as Scalar;
}
