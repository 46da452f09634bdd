import { constant } from '../layers/initialisers.js';
import { offTape } from '../layers/off-tape.js';
import type { NetworkStyle } from '../models/network-style.js';
import { layerMagnitude } from '../quantizers/layer-magnitude.js';
import { modulatedSign } from '../quantizers/modulated-sign.js';
import { sign } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Scalar, Tensor, Tensor4D } from '../types.js';
import { biRealActivations } from './bi-real.js';
import type { Method } from './method.js';
import { oneStage, type Preset } from './preset.js';

/**
 * PCNN (Gu, Li, Zhang, Han, Cao, Liu, Doermann, AAAI 2019) with one projection, after its authors' later account of it (Xu, Lin, Zhang:
 * "Binary Neural Networks", section 3.5), because their code only evaluates. A layer with the latent weights C learns a kernel P, its
 * projection:
 *
 *   Cq = a sign(mean(P) C), a = mean |C| of the layer, sign(0) = 0; a carries no gradient
 *   dL/dC = P dL/dCq where |P C| <= 1, else 0;   dL/dP = sum over filters and channels of C dL/dCq where |P C| <= 1
 *   loss   1/2 sum of (Cq - P C)^2, weighed by tau = 1e-4; Cq carries no gradient in it
 *
 * In the account's loss C is moved by eta dL/dCq first, where eta has no value. That is left out: it would change a gradient by tau eta P^2
 * of itself. P starts at 1, so that the first gradient is the straight-through one. It doesn't say how activations are passed by the
 * gradient either; here it is as in Bi-Real Net, which the network is built after.
 */
const weights: MakeWeightQuantizer = (tf, _options, layer) => {
  const [, , height, width] = layer.shape;
  const projection = layer.parameter('projection', [1, 1, height, width], constant(1));
  const forward = (c: Tensor4D, p: Tensor): Tensor4D =>
    tf.mul(tf.mul(sign(tf, c), sign(tf, tf.mean(p))), layerMagnitude(tf, c));
  const quantize = modulatedSign(tf, forward);
  layer.loss(() => {
    const latent = layer.weight as unknown as Tensor4D;
    const quantized = offTape(tf, () => forward(latent, projection));
    const squares = tf.square(tf.sub(quantized, tf.mul(latent, projection)));
    return tf.mul(tf.sum(tf.sum(squares, [1, 2, 3])), 0.5) as Scalar;
  });
  return (w) => quantize(w, projection);
};

/** The network that the authors' code evaluates, for PCNN and BONN (ResNet18/resnet18_imagenet.py). */
export const pcnnStyle = (): Partial<NetworkStyle> => ({
  order: 'norm-conv-act',
  nonlinearity: 'prelu',
  skips: 'conv',
  shortcut: 'conv-average',
  stem: 'norm-act',
  tail: 'none',
  normScale: 1,
});

/** What the paper of BONN says, and nothing else says of PCNN; the batch is ours. */
export const pcnnPreset = (): Preset =>
  oneStage(256, {
    epochs: 70,
    learningRate: 0.1,
    weightDecay: 1e-4,
    schedule: { type: 'steps', at: [30 / 70, 60 / 70], factor: 0.1 },
    tau: 1e-4,
  });

export const pcnn: Method = {
  title: 'PCNN (Gu et al., AAAI 2019)',
  evidence: 'paper',
  source:
    'arXiv:1811.12755; network from github.com/bczhangbczhang/Projection-Convolutional-Neural-Networks at 2db14ac, which has no training code',
  weights,
  activations: biRealActivations,
  scale: 'none',
  style: pcnnStyle,
  preset: pcnnPreset,
};
