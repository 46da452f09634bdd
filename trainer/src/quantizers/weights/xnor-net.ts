import type { Tensor, Tensor4D } from '../../types.js';
import { signOrPlus } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';
import { insideUnit } from '../window.js';

/**
 * XNOR-Net (Rastegari, Ordonez, Redmon, Farhadi, ECCV 2016), for each of the O filters, n = I kh kw weights:
 *
 *   wq = A sign(w), A = mean |w|, sign(0) = +1
 *   dL/dw_i = A dL/dwq_i [|w_i| < 1]  +  sign(w_i) / n * sum over j of sign(w_j) dL/dwq_j
 *
 * The second term is the derivative of A. The paper prints its term j = i only, (1/n + A dsign) dL/dwq_i; the sum is what a
 * derivative has, and what its PyTorch version (jiecaoyu/XNOR-Net-PyTorch, `updateBinaryGradWeight`) computes.
 */
export const xnorNet: MakeWeightQuantizer = (tf) => {
  const operation = tf.customGrad((x, save) => {
    const w = x as Tensor4D;
    (save as (tensors: Tensor[]) => void)([w]);
    const scaleOf = (of: Tensor): Tensor => tf.mean(tf.abs(of), [1, 2, 3], true);
    return {
      value: tf.mul(signOrPlus(tf, w), scaleOf(w)) as Tensor4D,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const latent = saved[0] as Tensor4D;
        const signs = signOrPlus(tf, latent);
        const ofScale = tf.mul(signs, tf.mean(tf.mul(signs, dy), [1, 2, 3], true));
        return tf.add(tf.mul(tf.mul(dy, scaleOf(latent)), insideUnit(tf, latent)), ofScale);
      },
    };
  });
  return (w) => operation(w) as Tensor4D;
};
