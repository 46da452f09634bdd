import { estimator } from '../quantizers/estimator.js';
import { sign } from '../quantizers/sign.js';
import { centred, unbiasedVariance } from '../quantizers/standardise.js';
import { tanhSlope } from '../quantizers/tanh-slope.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, MethodOptions } from '../quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import type { Method, Place } from './method.js';
import { oneStage, type Preset } from './preset.js';

/** The estimator's steepness t in the first epoch, and what it nears in the last (`T_min` and `T_max` of the authors' scripts). */
const FIRST_STEEPNESS = 1e-3;
const LAST_STEEPNESS = 10;

/**
 * Error Decay Estimator: a sign with the gradient k t (1 - tanh(t x)^2), where t rises log-linearly in the epochs and k = max(1/t, 1).
 *
 * @param forward gives the sign, or a multiple of it; the gradient takes `factor` of x in addition.
 */
function errorDecay(
  tf: Tf,
  { progress, options }: { readonly progress: number; readonly options: MethodOptions },
  forward: (x: Tensor4D) => Tensor4D,
  factor?: (x: Tensor4D) => Tensor,
): (x: Tensor4D) => Tensor4D {
  const first = (options.tMin as number | undefined) ?? FIRST_STEEPNESS;
  const t = first * (LAST_STEEPNESS / first) ** progress;
  const k = Math.max(1 / t, 1);
  return estimator(tf, forward, (x) => {
    const slope = tf.mul(tanhSlope(tf, tf.mul(x, t)), k * t);
    return factor ? tf.mul(slope, factor(x)) : slope;
  });
}

/**
 * IR-Net (Qin, Gong, Liu, Shen, Wei, Yu, Song, CVPR 2020), its code (htqin/IR-Net, CIFAR-10/ResNet20/1w1a/modules: `IRConv2d` in
 * ir_1w1a.py, `BinaryQuantize` in binaryfunction.py): for each of the O filters
 *
 *   v  = (w - mean w) / std w                       Libra-PB; n - 1 in the deviation; the gradient goes through both
 *   wq = sign(v) 2^round(log2 mean |v|)             sign(0) = 0; the power of two carries no gradient
 *   dL/dv = dL/d sign * k t (1 - tanh(t v)^2)       Error Decay Estimator
 *
 * with t rising from `tMin` to 10, log-linearly in the epochs, and k = max(1/t, 1). Half an exponent rounds to even.
 */
const weights: MakeWeightQuantizer =
  (tf, { options }) =>
  (w, { progress }) => {
    const powerOfTwo = (v: Tensor4D): Tensor => {
      const exponents = tf.div(tf.log(tf.mean(tf.abs(v), [1, 2, 3], true)), Math.LN2);
      return tf.pow(2, tf.round(exponents));
    };
    const forward = (v: Tensor4D): Tensor4D => tf.mul(sign(tf, v), powerOfTwo(v));
    const deviations = centred(tf, w);
    const standardised = tf.div(deviations, tf.sqrt(unbiasedVariance(tf, deviations))) as Tensor4D;
    return errorDecay(tf, { progress, options }, forward, powerOfTwo)(standardised);
  };

/** aq = sign(a), sign(0) = 0;   dL/da = dL/daq * k t (1 - tanh(t a)^2), with the t and k of the weights. */
const activations: MakeActivationQuantizer =
  (tf, { options }) =>
  (a, _, { progress }) =>
    errorDecay(tf, { progress, options }, (x) => sign(tf, x))(a);

export const irNet: Method = {
  title: 'IR-Net (Qin et al., CVPR 2020)',
  evidence: 'code',
  source: 'github.com/htqin/IR-Net at f63a590',
  weights,
  activations,
  scale: 'none',
  options: {
    // The authors' VGG-small and 1W/32A networks start at 0.1.
    tMin: {
      default: ({ family, precision }) => (family === 'vgg-small' || precision === '1w32a' ? 0.1 : FIRST_STEEPNESS),
      min: 1e-6,
      max: LAST_STEEPNESS,
    },
  },
  style: irNetStyle,
  preset: irNetPreset,
};

/** The networks of the authors' code; that of 1W/32A has one shortcut around a block's two convolutions. */
export function irNetStyle({ family, precision }: Place): ReturnType<Method['style']> {
  const isFloat = precision === '1w32a';
  switch (family) {
    case 'resnet20':
      return isFloat
        ? { skips: 'block', shortcut: 'slice-pad', stem: 'norm', tail: 'norm-relu' }
        : { shortcut: 'slice-pad' };
    case 'resnet18':
      return { shortcut: 'conv' };
    case 'vgg-small':
      return {};
    case 'imagenet-resnet':
      return { normScale: 1, ...(isFloat && { skips: 'block' }) };
  }
}

/** ImageNet: 62,500 steps of 32 x 64 images are 100 epochs; of these, 2500 are warm-up. */
const IMAGENET = { epochs: 100, warmUpEpochs: 4 } as const;
const afterWarmUp = (share: number): number =>
  (share * IMAGENET.epochs - IMAGENET.warmUpEpochs) / (IMAGENET.epochs - IMAGENET.warmUpEpochs);

export function irNetPreset({ family, precision }: Place): Preset {
  switch (family) {
    case 'resnet20':
    case 'resnet18':
      return oneStage(128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4 });
    case 'vgg-small':
      return oneStage(128, { epochs: 300, learningRate: 0.007, weightDecay: 1e-4 });
    case 'imagenet-resnet':
      return oneStage(2048, {
        ...IMAGENET,
        learningRate: 0.8,
        nesterov: true,
        // That of ResNet-18 1W/1A; its ResNet-34 and its 1W/32A networks have 1e-4.
        weightDecay: precision === '1w32a' ? 1e-4 : 1e-5,
        schedule: { type: 'steps', at: [0.3, 0.6, 0.9].map(afterWarmUp), factor: 0.1 },
      });
  }
}
