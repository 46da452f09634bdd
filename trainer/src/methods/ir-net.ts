import { runFused } from '../layers/fused.js';
import { estimator } from '../quantizers/estimator.js';
import { sign } from '../quantizers/sign.js';
import { centred, unbiasedVariance } from '../quantizers/standardise.js';
import { TANH_GRADIENT, tanhSlope } from '../quantizers/tanh-slope.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, MethodOptions } from '../quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import type { Method, Place } from './method.js';
import { oneStage, type Preset } from './preset.js';

/** The estimator's steepness t in the first epoch, and what it nears in the last (`T_min` and `T_max` of the authors' scripts). */
const FIRST_STEEPNESS = 1e-3;
export const LAST_STEEPNESS = 10;

/** The steepness t of the Error Decay Estimator, which rises log-linearly in the epochs. */
export function steepnessAt(progress: number, options: MethodOptions): number {
  const first = (options.tMin as number | undefined) ?? FIRST_STEEPNESS;
  return first * (LAST_STEEPNESS / first) ** progress;
}

/**
 * The slope of the Error Decay Estimator, k t (1 - tanh(t x)^2) with k = max(1/t, 1).
 *
 * @param steepness t.
 */
function errorDecaySlope(tf: Tf, x: Tensor4D, steepness: number | Tensor): Tensor {
  return tf.mul(tanhSlope(tf, tf.mul(x, steepness)), tf.maximum(steepness, 1));
}

/** dL/dx by that slope in one pass, if the back end has it. */
function errorDecayGradient(tf: Tf, dy: Tensor, x: Tensor, steepness: number): Tensor | undefined {
  const parameters = [steepness, Math.max(steepness, 1)];
  return runFused(tf, TANH_GRADIENT, { dy, x, parameters });
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
 *
 * @param steepness gives t, a number or a scalar, when the gradient is computed.
 */
export function irNetWeights(tf: Tf, w: Tensor4D, steepness: () => number | Tensor): Tensor4D {
  const powerOfTwo = (v: Tensor4D): Tensor => {
    const exponents = tf.div(tf.log(tf.mean(tf.abs(v), [1, 2, 3], true)), Math.LN2);
    return tf.pow(2, tf.round(exponents));
  };
  const binarize = estimator(
    tf,
    (v: Tensor4D) => tf.mul(sign(tf, v), powerOfTwo(v)) as Tensor4D,
    (v) => tf.mul(errorDecaySlope(tf, v, steepness()), powerOfTwo(v)),
  );
  const deviations = centred(tf, w);
  return binarize(tf.div(deviations, tf.sqrt(unbiasedVariance(tf, deviations))));
}

const weights: MakeWeightQuantizer =
  (tf, { options }) =>
  (w, { progress }) =>
    irNetWeights(tf, w, () => steepnessAt(progress, options));

/**
 * sign(x), sign(0) = 0, with the gradient of the Error Decay Estimator: dL/dx = dL/dy k t (1 - tanh(t x)^2), k = max(1/t, 1).
 *
 * @param steepness t.
 */
export function errorDecaySign(tf: Tf, steepness: number): (x: Tensor4D) => Tensor4D {
  return estimator(
    tf,
    (x: Tensor4D) => sign(tf, x),
    (x) => errorDecaySlope(tf, x, steepness),
    (dy, x) => errorDecayGradient(tf, dy, x, steepness),
  );
}

/** aq = sign(a) by that estimator, with the t and k of the weights. */
const activations: MakeActivationQuantizer =
  (tf, { options }) =>
  (a, _, { progress }) =>
    errorDecaySign(tf, steepnessAt(progress, options))(a);

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
function irNetStyle({ family, precision }: Place): ReturnType<Method['style']> {
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
    case 'quicknet':
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
    case 'quicknet':
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
