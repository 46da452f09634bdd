import { constant } from '../layers/initialisers.js';
import { columnSums } from '../layers/sums.js';
import { sign } from '../quantizers/sign.js';
import { centred } from '../quantizers/standardise.js';
import { gradientOfTriangle } from '../quantizers/triangle.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D } from '../types.js';
import { errorDecaySign, irNetPreset, steepnessAt } from './ir-net.js';
import type { Method, Place } from './method.js';
import { oneStage, type Preset } from './preset.js';

/**
 * AdaBin (Tu, Chen, Ren, Wang, ECCV 2022), its code (huawei-noah/Efficient-Computing, BinaryNetworks/AdaBin, utils/binarylib.py,
 * `AdaBin_Conv2d`): each of the O filters has two levels, about its mean and as far apart as its weights are on average:
 *
 *   b = mean w,  a = sqrt(mean (w - b)^2)          the gradient goes through both
 *   wq = a sign((w - b)/a) + b                     sign(0) = 0; IR-Net's Error Decay Estimator and its steepness, 0.001 to 10
 */
const weights: MakeWeightQuantizer =
  (tf) =>
  (w, { progress }) => {
    const centre = tf.mean(w, [1, 2, 3], true);
    const deviations = centred(tf, w);
    const distance = tf.sqrt(tf.mean(tf.square(deviations), [1, 2, 3], true));
    const signs = errorDecaySign(tf, steepnessAt(progress, {}))(tf.div(deviations, distance));
    return tf.add(tf.mul(signs, distance), centre);
  };

/**
 * The same code's `BinaryActivation`: a layer learns its two levels, A (B - 1) and A (B + 1), from -1 and 1. With u = (a - B)/A and the
 * triangle T = max(0, 2 - 2|u|),
 *
 *   aq = A (sign(u) + B), sign(0) = 0
 *   dL/da = dL/daq T;   dL/dA = sum of dL/daq (sign(u) + B - T u);   dL/dB = sum of dL/daq (A - T)
 *
 * A and B are `binary_a.alpha_a` and `binary_a.beta_a`, as there.
 */
const activations: MakeActivationQuantizer = (tf, _, layer) => {
  const distance = layer.parameter('binary_a.alpha_a', [], constant(1));
  const centre = layer.parameter('binary_a.beta_a', [], constant(0));
  const total = (map: Tensor): Tensor => tf.sum(columnSums(tf, map));
  const operation = tf.customGrad((...args) => {
    const [a, A, B, save] = args as unknown as [Tensor4D, Tensor, Tensor, (tensors: Tensor[]) => void];
    const u = tf.div(tf.sub(a, B), A);
    save([u, A, B]);
    return {
      value: tf.mul(tf.add(sign(tf, u), B), A),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [at, alpha, beta] = saved as [Tensor, Tensor, Tensor];
        const dx = gradientOfTriangle(tf, dy, at);
        const all = total(dy);
        const ofSigns = total(tf.sub(tf.mul(dy, sign(tf, at)), tf.mul(dx, at)));
        return [dx, tf.add(ofSigns, tf.mul(all, beta)), tf.sub(tf.mul(all, alpha), total(dx))];
      },
    };
  });
  return (a) => operation(a, distance, centre) as Tensor4D;
};

export const adabin: Method = {
  title: 'AdaBin (Tu et al., ECCV 2022)',
  evidence: 'code',
  source: 'github.com/huawei-noah/Efficient-Computing at 225ddd2',
  weights,
  activations,
  scale: 'none',
  style,
  preset,
};

/** Their networks have a shortcut around every convolution and Maxout everywhere, behind the stem too. VGG-small isn't in their code. */
function style({ family }: Place): ReturnType<Method['style']> {
  const common = { nonlinearity: 'maxout', skips: 'conv', stem: 'norm-act', normScale: 1 } as const;
  if (family === 'vgg-small') return common;
  return { ...common, shortcut: family === 'resnet20' ? 'slice-pad' : 'conv' };
}

/** For CIFAR their code is made from IR-Net's, its recipe included. */
function preset(place: Place): Preset {
  return place.family === 'imagenet-resnet'
    ? oneStage(256, { epochs: 120, learningRate: 0.1, weightDecay: 1e-5 })
    : irNetPreset({ ...place, family: 'resnet20' });
}
