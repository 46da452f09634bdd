import type { Tensor4D } from '../../types.js';
import { estimator } from '../estimator.js';
import { signOrPlus } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';
import { within } from '../window.js';

/** How far the soft staircase stays from the hard one. */
const ALPHA = 0.2;
/** Width of the one interval that 1 bit has between the clips at -1 and +1. */
const DELTA = 2;

/**
 * Differentiable Soft Quantization (Gong, Liu, Jiang, Li, Hu, Lin, Yu, Yan, ICCV 2019) with 1 bit, alpha fixed:
 *
 *   phi(w) = s tanh(k w) on [-1, 1], s = 1/(1 - alpha), k = log(2/alpha - 1) / Delta
 *   wq = sgn(phi(w)) = sign(w), sign(0) = +1
 *   dL/dw = dL/dwq * phi'(w) = dL/dwq * s k (1 - tanh(k w)^2) where |w| <= 1, else 0
 *
 * so that phi(+-1) = +-1. The paper learns alpha and the clips per layer; here they are constants.
 */
export const dsq: MakeWeightQuantizer = (tf) => {
  const s = 1 / (1 - ALPHA);
  const k = Math.log(2 / ALPHA - 1) / DELTA;
  return estimator(
    tf,
    (w: Tensor4D) => signOrPlus(tf, w),
    (w) => tf.mul(tf.mul(tf.sub(1, tf.square(tf.tanh(tf.mul(w, k)))), s * k), within(tf, w, 1)),
  );
};
