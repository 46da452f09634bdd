import type { Tensor4D } from '../../types.js';
import { estimator } from '../estimator.js';
import { sign } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';
import { within } from '../window.js';

/**
 * Bi-Real Net (Liu, Wu, Luo, Yang, Liu, Cheng, ECCV 2018), its code (liuzechun/Bi-Real-net, pytorch_implementation/BiReal18_34/birealnet.py,
 * `HardBinaryConv`): for each of the O filters
 *
 *   wq = mean |w| sign(w), sign(0) = 0;   dL/dw = dL/dwq where |w| <= 1, else 0
 *
 * The scale carries no gradient there.
 */
export const biRealWeights: MakeWeightQuantizer = (tf) =>
  estimator(
    tf,
    (w: Tensor4D) => tf.mul(sign(tf, w), tf.mean(tf.abs(w), [1, 2, 3], true)),
    (w) => within(tf, w, 1),
  );
