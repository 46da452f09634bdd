import { estimator } from '../quantizers/estimator.js';
import { layerMagnitude } from '../quantizers/layer-magnitude.js';
import { perSampleScaled } from '../quantizers/per-sample.js';
import { sign } from '../quantizers/sign.js';
import { centred, unbiasedVariance } from '../quantizers/standardise.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** The quantile tau at the start and at the end, the same for CIFAR and ImageNet (cifar/run.sh, imagenet/run.sh). */
const TAU = { from: 0.85, to: 0.99 } as const;
const EPSILON = 1e-5;

/**
 * ReCU (Xu, Lin, Liu, Chen, Shao, Chen, Tian, Ji, ICCV 2021), its code (z-hXu/ReCU, `BinarizeConv2d` in
 * cifar/modules/binarized_modules.py): for each of the O filters
 *
 *   v  = 2 sqrt(2) (w - mean w) / sqrt(var w + 1e-5)         n - 1 in the variance; the gradient goes through
 *   Q  = -E|v| log(2 - 2 tau), E over the whole layer        the tau quantile of a Laplace distribution; no gradient
 *   wq = sign(clamp(v, -Q, Q)), sign(0) = 0;   dL/dv = dL/dwq where |v| <= Q, else 0
 *
 * tau rises exponentially from 0.85 to 0.99: a e^progress + b (`cpt_tau` in cifar/main.py). It is a buffer too, for the state dict alone.
 */
const weights: MakeWeightQuantizer = (tf, _, layer) => {
  const buffer = layer.buffer('tau', tf.scalar(TAU.from));
  layer.beforeEpoch(async ({ progress }) => buffer.set(tf.scalar(tauAt(progress))));
  return (w, { progress }) => {
    const tau = tauAt(progress);
    const rectified = estimator(
      tf,
      (v: Tensor4D) => sign(tf, v), // tau > 1/2, so Q > 0 and clamping changes no sign
      (v) => within(tf, v, tf.mul(layerMagnitude(tf, v), -Math.log(2 - 2 * tau))),
    );
    const deviations = centred(tf, w);
    const scale = tf.sqrt(tf.add(unbiasedVariance(tf, deviations), EPSILON));
    return rectified(tf.mul(tf.div(deviations, scale), 2 * Math.SQRT2));
  };
};

function tauAt(progress: number): number {
  const rise = (TAU.to - TAU.from) / (Math.E - 1);
  return rise * Math.exp(progress) + TAU.from - rise;
}

export const recu: Method = {
  title: 'ReCU (Xu et al., ICCV 2021)',
  evidence: 'code',
  source: 'github.com/z-hXu/ReCU at 9a73bed',
  weights,
  activations: perSampleScaled,
  scale: 'uniform',
  style: () => ({}),
  preset: ({ family }) => {
    // BiPer's code is made from this, its schedule included.
    const common = { learningRate: 0.1, schedule: { type: 'biper-code' }, warmUpEpochs: 5 } as const;
    return family === 'imagenet-resnet'
      ? oneStage(512, { ...common, epochs: 200, weightDecay: 1e-4, decay: 'conv-and-fc' })
      : oneStage(256, { ...common, epochs: 600, weightDecay: 5e-4 });
  },
};
