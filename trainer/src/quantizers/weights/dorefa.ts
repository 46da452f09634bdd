import type { Tensor4D } from '../../types.js';
import { straightThrough } from '../estimator.js';
import { signOrPlus } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';

/**
 * DoReFa-Net (Zhou, Wu, Ni, Zhou, Wen, Zou 2016) with 1-bit weights:
 *
 *   wq = sign(w) E|w|, one scale for the whole layer, sign(0) = +1;   dL/dw = dL/dwq
 */
export const dorefaWeights: MakeWeightQuantizer = (tf) =>
  straightThrough(tf, (w: Tensor4D) => tf.mul(signOrPlus(tf, w), tf.mean(tf.abs(w))));
