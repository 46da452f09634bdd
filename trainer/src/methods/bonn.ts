import type { Initialiser } from '../layers/initialisers.js';
import { kernelSum, modulatedSign } from '../quantizers/modulated-sign.js';
import { sign, signOrPlus } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Scalar, Tensor, Tensor4D, Tf } from '../types.js';
import { biRealActivations } from './bi-real.js';
import type { Method } from './method.js';
import { pcnnPreset, pcnnStyle } from './pcnn.js';

/** Of the learning rate, for modulation and sigma: 0.01 of 0.1. */
const RATE = 0.1;

/**
 * BONN (Gu, Zhao, Jiang, Zhang, Liu, Guo, Ji, ICCV 2019), from its paper and its authors' later account (Xu, Lin, Zhang: "Binary Neural
 * Networks", section 3.7), because their code only evaluates. A layer with the latent weights X learns a kernel w, its modulation, and for
 * each of its filters the distance mu and the deviation sigma of two modes that the weights have, around -mu and mu:
 *
 *   Xq = mean(w) sign(X), sign(0) = 0
 *   dL/dX = w dL/dXq where |w X| <= 1, else 0;   dL/dw = sum over filters and channels of X dL/dXq where |w X| <= 1
 *   loss   1/2 sum of (Xq - w X)^2 + nu ((|X| - mu)^2 / sigma^2 + log sigma^2), weighed by tau = 1e-4
 *
 * In the loss Xq carries no gradient, and mu and sigma get the mean over the filter's weights where a sum would be their gradient, both as
 * published. mu and sigma start as the mean and deviation of the filter's |X|; w, which the paper draws at random, as the mean of the layer's.
 * The loss on the classifier's features isn't here: it is for a second run that fine-tunes. Activations as in PCNN.
 */
const weights: MakeWeightQuantizer = (tf, { options }, layer) => {
  const [filters, , height, width] = layer.shape;
  const sizes = layer.initial.map(Math.abs);
  const ofFilters =
    (measure: (values: Float32Array) => number): Initialiser =>
    () =>
      Float32Array.from({ length: filters }, (_, o) => {
        const taps = sizes.length / filters;
        return measure(sizes.subarray(o * taps, (o + 1) * taps));
      });
  const kernel = [1, 1, height, width];
  const modulation = layer.parameter('modulation', kernel, () => new Float32Array(height * width).fill(mean(sizes)), {
    rate: RATE,
  });
  const mu = layer.parameter('mu', [filters, 1, 1, 1], ofFilters(mean));
  const sigma = layer.parameter('sigma', [filters, 1, 1, 1], ofFilters(deviation), { rate: RATE });
  const forward = (x: Tensor4D, w: Tensor): Tensor4D => tf.mul(sign(tf, x), tf.mean(w));
  const quantize = modulatedSign(tf, forward);
  const kernelLoss = makeKernelLoss(tf, forward, options.nu as number);
  layer.loss(() => kernelLoss(layer.weight as unknown as Tensor4D, modulation, mu, sigma));
  return (x) => quantize(x, modulation);
};

type KernelLoss = (x: Tensor4D, w: Tensor, mu: Tensor, sigma: Tensor) => Scalar;

/**
 * The loss of a layer, with r = w X - Xq, d = |X| - mu and n weights in a filter:
 *
 *   dL/dX = w r + nu sign(X) d / sigma^2        dL/dw = sum over filters and channels of r X
 *   dL/dmu = -nu/n sum d / sigma^2              dL/dsigma = nu (1/sigma - 1/n sum d^2 / sigma^3)
 */
function makeKernelLoss(tf: Tf, forward: (x: Tensor4D, w: Tensor) => Tensor4D, nu: number): KernelLoss {
  const parts = (x: Tensor4D, w: Tensor, mu: Tensor) => ({
    residual: tf.sub(tf.mul(x, w), forward(x, w)),
    distance: tf.sub(tf.abs(x), mu),
  });
  const operation = tf.customGrad((...args) => {
    const [x, w, mu, sigma, save] = args as unknown as [Tensor4D, Tensor, Tensor, Tensor, (kept: Tensor[]) => void];
    save([x, w, mu, sigma]);
    const { residual, distance } = parts(x, w, mu);
    const gaussian = tf.add(tf.square(tf.div(distance, sigma)), tf.log(tf.square(sigma)));
    const sum = tf.sum(tf.sum(tf.add(tf.square(residual), tf.mul(gaussian, nu)), [1, 2, 3]));
    return {
      value: tf.mul(sum, 0.5) as Scalar,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [latent, modulation, means, deviations] = saved as [Tensor4D, Tensor, Tensor, Tensor];
        const { residual: r, distance: d } = parts(latent, modulation, means);
        const attraction = tf.div(tf.mul(d, nu), tf.square(deviations));
        const ofLatent = tf.add(tf.mul(r, modulation), tf.mul(signOrPlus(tf, latent), attraction));
        const ofMeans = tf.neg(tf.mean(attraction, [1, 2, 3], true));
        const spread = tf.mean(tf.mul(attraction, d), [1, 2, 3], true);
        const ofDeviations = tf.div(tf.sub(nu, spread), deviations);
        return [ofLatent, kernelSum(tf, tf.mul(r, latent)), ofMeans, ofDeviations].map((gradient) =>
          tf.mul(gradient, dy),
        );
      },
    };
  });
  return (x, w, mu, sigma) => operation(x, w, mu, sigma) as Scalar;
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: Float32Array): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}

export const bonn: Method = {
  title: 'BONN (Gu et al., ICCV 2019)',
  evidence: 'paper',
  source:
    'arXiv:1908.06314; network from github.com/bczhangbczhang/Bayesian-Optimized-1-bit-CNNs at 713fbb7, which has no training code',
  weights,
  activations: biRealActivations,
  scale: 'none',
  options: { nu: { default: 1e-3, min: 0, max: 1 } },
  style: pcnnStyle,
  preset: pcnnPreset,
};
