import type { Tensor4D } from '../../types.js';
import { straightThrough } from '../estimator.js';
import { signOrPlus } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';

/**
 * DoReFa-Net (Zhou, Wu, Ni, Zhou, Wen, Zou 2016, arXiv:1606.06160, section 2.3) with 1-bit weights:
 *
 *   wq = sign(w) E|w|, one scale for the whole layer, sign(0) = +1;   dL/dw = dL/dwq
 *
 * As `fw` for `bitW == 1` in the authors' code (tensorpack/tensorpack, examples/DoReFa-Net/dorefa.py), sign(w/E) E with E held constant and the
 * identity for the gradient of sign, except that `tf.sign` gives 0 to 0 there.
 */
export const dorefaWeights: MakeWeightQuantizer = (tf) =>
  straightThrough(tf, (w: Tensor4D) => tf.mul(signOrPlus(tf, w), tf.mean(tf.abs(w))));
