import type { Tensor, Tf } from '../types.js';

/** 1 where |x| <= limit, else 0. */
export function within<T extends Tensor>(tf: Tf, x: T, limit: number | Tensor): T {
  return tf.cast(tf.lessEqual(tf.abs(x), limit), 'float32') as T;
}
