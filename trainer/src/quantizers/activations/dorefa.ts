import type { Tensor4D } from '../../types.js';
import { straightThrough } from '../estimator.js';
import type { MakeActivationQuantizer } from '../types.js';

/**
 * DoReFa-Net (Zhou et al. 2016, arXiv:1606.06160, section 2.4), with L = 2^bits - 1:
 *
 *   aq = round(L c) / L, c = clip(a, 0, 1);   dL/dc = dL/daq
 *
 * so the gradient is 1 for 0 <= a <= 1, else 0. The authors' code (tensorpack/tensorpack, examples/DoReFa-Net: `quantize` in dorefa.py
 * after `nonlin` in alexnet-dorefa.py) does the same; its `tf.round` rounds a half to even. With 1 bit the levels are 0 and 1, not -1 and
 * +1.
 */
export const dorefaActivations: MakeActivationQuantizer = (tf, { bits }) => {
  const steps = 2 ** bits - 1;
  const round = straightThrough(tf, (c: Tensor4D) => tf.div(tf.round(tf.mul(c, steps)), steps) as Tensor4D);
  return (a) => round(tf.clipByValue(a, 0, 1));
};
