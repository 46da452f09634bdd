import type { Tensor, Tf } from '../types.js';

/** 1 where |x| < 1, else 0. */
export function insideUnit<T extends Tensor>(tf: Tf, x: T): T {
  // 1 - |x| is exact near 1. Step is the cheapest comparison of the wasm back end, and five kernels on TensorFlow.
  if (tf.getBackend() === 'wasm') return tf.step(tf.sub(1, tf.abs(x))) as T;
  return tf.cast(tf.less(tf.abs(x), 1), 'float32') as T;
}

/** 1 where |x| <= limit, else 0. */
export function within<T extends Tensor>(tf: Tf, x: T, limit: number | Tensor): T {
  return tf.cast(tf.lessEqual(tf.abs(x), limit), 'float32') as T;
}
