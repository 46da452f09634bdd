import { estimator } from '../quantizers/estimator.js';
import { sign } from '../quantizers/sign.js';
import { centred, unbiasedVariance } from '../quantizers/standardise.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D } from '../types.js';
import { biRealActivations } from './bi-real.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** log10 of the estimator's steepness t in the first and last epoch (CIFAR-10/ResNet20/1w1a/trainer.py: T_min = 1e-3, T_max = 1e1). */
const LOG_STEEPNESS = { from: -3, to: 1 } as const;

/**
 * IR-Net (Qin, Gong, Liu, Shen, Wei, Yu, Song, CVPR 2020), its code (htqin/IR-Net, CIFAR-10/ResNet20/1w1a/modules: `IRConv2d` in
 * ir_1w1a.py, `BinaryQuantize` in binaryfunction.py): for each of the O filters
 *
 *   v  = (w - mean w) / std w                       Libra-PB; n - 1 in the deviation; the gradient goes through both
 *   wq = sign(v) 2^round(log2 mean |v|)             sign(0) = 0; the power of two carries no gradient
 *   dL/dv = dL/d sign * k t (1 - tanh(t v)^2)       Error Decay Estimator
 *
 * with t rising from 1e-3 to 10, log-linearly in the epochs, and k = max(1/t, 1). Half an exponent rounds to even. Its ResNet-20 1W/32A and
 * VGG-Small start at t = 0.1.
 */
const weights: MakeWeightQuantizer =
  (tf) =>
  (w, { progress }) => {
    const t = 10 ** (LOG_STEEPNESS.from + (LOG_STEEPNESS.to - LOG_STEEPNESS.from) * progress);
    const k = Math.max(1 / t, 1);
    const powerOfTwo = (v: Tensor4D): Tensor => {
      const exponents = tf.div(tf.log(tf.mean(tf.abs(v), [1, 2, 3], true)), Math.LN2);
      return tf.pow(2, tf.round(exponents));
    };
    const binarize = estimator(
      tf,
      (v: Tensor4D) => tf.mul(sign(tf, v), powerOfTwo(v)) as Tensor4D,
      (v) => tf.mul(tf.mul(tf.sub(1, tf.square(tf.tanh(tf.mul(v, t)))), k * t), powerOfTwo(v)),
    );
    const deviations = centred(tf, w);
    return binarize(tf.div(deviations, tf.sqrt(unbiasedVariance(tf, deviations))));
  };

export const irNet: Method = {
  title: 'IR-Net (Qin et al., CVPR 2020)',
  evidence: 'code',
  source: 'github.com/htqin/IR-Net at f63a590',
  weights,
  activations: biRealActivations,
  scale: 'none',
  style: () => ({}),
  preset: () => oneStage(128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4 }),
};
