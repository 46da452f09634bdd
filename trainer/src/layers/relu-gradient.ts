import type { Tensor, Tf } from '../types.js';
import { runFused } from './fused.js';

/** The name under which a back end registers this operation if it has it in one pass. Inputs: `dy` and `x`. */
export const RELU_GRADIENT = 'ReluGrad';

/** dy where x > 0, else 0. */
export function gradientOfRelu(tf: Tf, dy: Tensor, x: Tensor): Tensor {
  return runFused(tf, RELU_GRADIENT, { dy, x }) ?? tf.mul(dy, tf.step(x));
}
