import type { Tensor4D } from '../../types.js';
import { straightThrough } from '../estimator.js';
import { signOrPlus } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';

/**
 * DoReFa-Net (Zhou, Wu, Ni, Zhou, Wen, Zou 2016, arXiv:1606.06160, section 2.3) with 1-bit weights:
 *
 *   wq = sign(w) E|w|, one scale for the whole layer, sign(0) = +1;   dL/dw = dL/dwq
 *
 * In the authors' code (tensorpack/tensorpack, examples/DoReFa-Net/dorefa.py) this is `fw` for `bitW == 1`: sign(w/E) E, with E held
 * constant and the identity as the gradient of sign. The one difference is that `tf.sign` gives 0 for 0.
 */
export const dorefaWeights: MakeWeightQuantizer = (tf) =>
  straightThrough(tf, (w: Tensor4D) => tf.mul(signOrPlus(tf, w), tf.mean(tf.abs(w))));
