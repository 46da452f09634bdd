import { fanOutNormal } from '../layers/initialisers.js';
import { estimator } from '../quantizers/estimator.js';
import { signOrMinus } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor4D } from '../types.js';
import { biper } from './biper.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** The factor by which the temperature rises in each epoch, and the number of such epochs: 0.4 to 0.9 of 500. */
const SPEED = 1.03;
const RISING_EPOCHS = 250;

/** Enough that a channel's mean and variance are known to a few percent. */
const STATISTICS_IMAGES = 2000;

/**
 * Searching for Low-Bit Weights (Yang, Wang, Han, Xu, Xu, Tao, Xu, NeurIPS 2020) with 1 bit. It learns two logits for each weight, and
 * computes with the expectation of +-1 under their softmax, sharpened by a temperature T. That depends on their difference c alone, which is
 * the latent weight here; its initial variance, twice that of a logit, is as there (`Conv2dSlbQuant` and `SlbFakeQuantizerPerLayer` of
 * mindspore-ai/golden-stick, mindspore_gs/quantization/slb, of the same laboratory):
 *
 *   wq = tanh(T c / 2), with its own gradient          until `to` of the run, 0.9
 *   wq = +1 where c > 0, else -1; no gradient          after that, and in evaluation
 *
 *   T = 1 until `from` of the run, 0.4 (0.3 for VGG-small), then it rises exponentially. In their 500 epochs that is 1.03 for each, 1.03^250
 *   in all; runs of other lengths end with the same T.
 *
 * Statistics of batch norms are recomputed with hard weights after every epoch, as they do; on how many images isn't known.
 */
const weights: MakeWeightQuantizer = (tf, { options }) => {
  const { from, to } = options as { readonly from: number; readonly to: number };
  const hard = estimator(
    tf,
    (c: Tensor4D) => signOrMinus(tf, c),
    (c) => tf.zerosLike(c),
  );
  return (c, { progress }, training) => {
    if (!training || progress >= to) return hard(c);
    const risen = progress <= from ? 0 : (progress - from) / (to - from);
    const temperature = SPEED ** (RISING_EPOCHS * risen);
    return tf.tanh(tf.mul(c, temperature / 2)) as Tensor4D;
  };
};

/**
 * The rule for activations couldn't be read anywhere; Bi-Real's gradient is taken, with +1 for 0.
 * The other differences of the network from BiPer's, beside the order conv -> PReLU -> BN, are not known either.
 */
export const slb: Method = {
  title: 'SLB (Yang et al., NeurIPS 2020)',
  evidence: 'paper',
  source: 'arXiv:2009.08695; github.com/mindspore-ai/golden-stick, a version of the same laboratory',
  weights,
  activations: biper.activations,
  scale: 'none',
  initialise: fanOutNormal,
  options: {
    from: { default: ({ family }) => (family === 'vgg-small' ? 0.3 : 0.4), min: 0, max: 1 },
    to: { default: 0.9, min: 0, max: 1 },
  },
  style: () => ({ order: 'conv-act-norm', nonlinearity: 'prelu', normScale: 1 }),
  preset: ({ family }) =>
    oneStage(100, {
      epochs: 500,
      ...(family === 'vgg-small'
        ? { learningRate: 0.02, weightDecay: 5e-4 }
        : { learningRate: 0.1, weightDecay: 1e-4 }),
      schedule: { type: 'steps', at: [0.5, 0.75], factor: 0.1 },
      statisticsImages: STATISTICS_IMAGES,
    }),
};
