import type { Tensor, Tf } from '../types.js';

/** 1 where |x| <= limit, else 0. On wasm a comparison takes ten times as long as the four passes here together. */
export function within<T extends Tensor>(tf: Tf, x: T, limit: number | Tensor): T {
  return tf.sub(1, tf.step(tf.sub(tf.abs(x), limit))) as T;
}
