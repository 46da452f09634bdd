import { straightThrough } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * DoReFa-Net (Zhou, Wu, Ni, Zhou, Wen, Zou 2016, arXiv:1606.06160, section 2.3) with 1-bit weights:
 *
 *   wq = sign(w) E|w|, one scale for the whole layer, sign(0) = +1;   dL/dw = dL/dwq
 *
 * In the authors' code (tensorpack/tensorpack, examples/DoReFa-Net/dorefa.py) this is `fw` for `bitW == 1`: sign(w/E) E, with E held
 * constant and the identity as the gradient of sign. The one difference is that `tf.sign` gives 0 for 0.
 */
const weights: MakeWeightQuantizer = (tf) =>
  straightThrough(tf, (w: Tensor4D) => tf.mul(signOrPlus(tf, w), tf.mean(tf.abs(w))));

/**
 * DoReFa-Net (Zhou et al. 2016, arXiv:1606.06160, section 2.4), with L = 2^bits - 1:
 *
 *   aq = round(L c) / L, c = clip(a, 0, 1);   dL/dc = dL/daq
 *
 * so the gradient is 1 for 0 <= a <= 1, else 0. The authors' code (tensorpack/tensorpack, examples/DoReFa-Net: `quantize` in dorefa.py
 * after `nonlin` in alexnet-dorefa.py) does the same; its `tf.round` rounds a half to even. With 1 bit the levels are 0 and 1, not -1 and
 * +1.
 */
const activations: MakeActivationQuantizer = (tf, { options }) => {
  const steps = 2 ** (options.bits as number) - 1;
  const round = straightThrough(tf, (c: Tensor4D) => tf.div(tf.round(tf.mul(c, steps)), steps) as Tensor4D);
  return (a) => round(tf.clipByValue(a, 0, 1));
};

export const dorefa: Method = {
  title: 'DoReFa-Net (Zhou et al., 2016)',
  evidence: 'code',
  source: 'github.com/zzzxxxttt/pytorch_DoReFaNet at a12b617',
  weights,
  activations,
  scale: 'none',
  options: { bits: { default: 2, min: 1, max: 4, isWhole: true } },
  style: () => ({}),
  preset: () => oneStage(128, { epochs: 200, learningRate: 0.1, weightDecay: 1e-4 }),
};
