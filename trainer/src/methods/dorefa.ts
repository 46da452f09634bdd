import { estimator, straightThrough } from '../quantizers/estimator.js';
import { layerMagnitude } from '../quantizers/layer-magnitude.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import type { Method, Place } from './method.js';
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
  straightThrough(tf, (w: Tensor4D) => tf.mul(signOrPlus(tf, w), layerMagnitude(tf, w)));

/**
 * DoReFa-Net (Zhou et al. 2016, arXiv:1606.06160, section 2.4), with L = 2^bits - 1:
 *
 *   aq = round(L c) / L, c = clip(a, 0, 1);   dL/dc = dL/daq
 *
 * so the gradient is 1 for 0 <= a <= 1, else 0. The authors' code (tensorpack/tensorpack, examples/DoReFa-Net: `quantize` in dorefa.py
 * after `nonlin` in alexnet-dorefa.py) does the same; its `tf.round` rounds a half to even.
 *
 * With 1 bit the levels are 0 and 1, not -1 and +1: aq = 1 where a > threshold, else 0. The paper's threshold is 0.5; the PyTorch version
 * (zzzxxxttt/pytorch_DoReFaNet, utils/quant_dorefa.py), which takes the sign of c, has 0.
 */
const activations: MakeActivationQuantizer = (tf, { options }) => {
  const { bits, threshold } = options as { readonly bits: number; readonly threshold: number };
  const steps = 2 ** bits - 1;
  const levels = (a: Tensor4D): Tensor4D =>
    bits === 1
      ? tf.step(tf.sub(a, threshold))
      : (tf.div(tf.round(tf.mul(tf.clipByValue(a, 0, 1), steps)), steps) as Tensor4D);
  return estimator(tf, levels, (a) => isUnclipped(tf, a));
};

/** 1 where 0 <= a <= 1, else 0: the clip leaves a unchanged. */
function isUnclipped(tf: Tf, a: Tensor4D): Tensor {
  return tf.sub(1, tf.step(tf.abs(tf.sub(a, tf.clipByValue(a, 0, 1)))));
}

export const dorefa: Method = {
  title: 'DoReFa-Net (Zhou et al., 2016)',
  evidence: 'code',
  source: 'github.com/zzzxxxttt/pytorch_DoReFaNet at a12b617',
  weights,
  activations,
  scale: 'none',
  options: {
    bits: { default: 1, min: 1, max: 4, isWhole: true },
    threshold: { default: 0, min: 0, max: 0.5 },
  },
  style: doRefaStyle,
  // The PyTorch version's ResNet-20 for CIFAR; it has AlexNet for ImageNet, which it trains on from a float network.
  preset: ({ family }) => {
    const common = { learningRate: 0.1, weightDecay: 1e-4 };
    return family === 'imagenet-resnet'
      ? oneStage(256, { ...common, epochs: 90, schedule: { type: 'steps', at: [30 / 90, 60 / 90], factor: 0.1 } })
      : oneStage(128, { ...common, epochs: 200, schedule: { type: 'steps', at: [0.5, 0.75, 0.9], factor: 0.1 } });
  },
};

/** The pre-activation ResNet-20 of the PyTorch version, and networks alike; the shortcut of a halving block is binary too. */
function doRefaStyle({ family }: Place): ReturnType<Method['style']> {
  const common = { nonlinearity: 'relu', normScale: 1 } as const;
  if (family === 'vgg-small') return common;
  const isImagenet = family === 'imagenet-resnet';
  return {
    ...common,
    order: 'norm-act-conv',
    skips: 'block',
    shortcut: 'binary-conv',
    stem: isImagenet ? 'norm-act' : 'none',
    tail: isImagenet ? 'map-norm-relu' : 'map-norm',
  };
}
