import { uniform } from '../layers/initialisers.js';
import { estimator } from '../quantizers/estimator.js';
import { sign } from '../quantizers/sign.js';
import { triangleEstimator } from '../quantizers/triangle.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * Bi-Real Net (Liu, Wu, Luo, Yang, Liu, Cheng, ECCV 2018), its code (liuzechun/Bi-Real-net, pytorch_implementation/BiReal18_34/birealnet.py,
 * `HardBinaryConv`): for each of the O filters
 *
 *   wq = mean |w| sign(w), sign(0) = 0;   dL/dw = dL/dwq where |w| <= 1, else 0
 *
 * The scale carries no gradient there.
 */
const weights: MakeWeightQuantizer = (tf) =>
  estimator(
    tf,
    (w: Tensor4D) => tf.mul(sign(tf, w), tf.mean(tf.abs(w), [1, 2, 3], true)),
    (w) => within(tf, w, 1),
  );

/**
 * Bi-Real Net (Liu et al., ECCV 2018), its piecewise polynomial; sign(0) = 0 as in its code (liuzechun/Bi-Real-net,
 * pytorch_implementation/BiReal18_34/birealnet.py, `BinaryActivation`):
 *
 *   aq = sign(a);   dL/da = dL/daq * (2 + 2a on [-1, 0), 2 - 2a on [0, 1), else 0)
 */
export const biRealActivations: MakeActivationQuantizer = (tf) => triangleEstimator(tf, (a: Tensor4D) => sign(tf, a));

export const biReal: Method = {
  title: 'Bi-Real Net (Liu et al., ECCV 2018)',
  evidence: 'code',
  source: 'github.com/liuzechun/Bi-Real-net at f58aa4d',
  weights,
  activations: biRealActivations,
  scale: 'none',
  initialise: uniform(0, 1e-3),
  // The authors' networks are for ImageNet: a shortcut around every convolution, and nothing but signs between them. Those for CIFAR are alike.
  style: () => ({
    nonlinearity: 'none',
    skips: 'conv',
    shortcut: 'average-conv',
    stem: 'norm',
    tail: 'none',
    normScale: 1,
  }),
  preset: () => ({
    ...oneStage(512, { epochs: 256, optimizer: 'adam', learningRate: 1e-3, schedule: { type: 'linear' } }),
    labelSmoothing: 0.1,
  }),
};
