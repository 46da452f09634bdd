import type { Tensor, Tf } from '../types.js';

/**
 * The name under which a back end registers dL/dx = dL/dy k (1 - tanh(t x)^2) if it has it in one pass. Inputs: `dy`, `x`, and as `parameters`
 * t and k.
 */
export const TANH_GRADIENT = 'SignwaveTanhGrad';

/**
 * 1 - tanh(x)^2 = 4 s (1 - s), s = 1/(1 + e^(2|x|)). On wasm the sigmoid takes a seventeenth of tanh's time, and on this side of 0 nothing
 * cancels, so that even the flanks are right to a few units in the last place.
 */
export function tanhSlope(tf: Tf, x: Tensor): Tensor {
  const s = tf.sigmoid(tf.mul(tf.abs(x), -2));
  return tf.mul(tf.sub(s, tf.square(s)), 4);
}
