import { shiftChannels } from '../layers/channel-scale.js';
import { constant, fanInUniform } from '../layers/initialisers.js';
import { sign } from '../quantizers/sign.js';
import { triangleEstimator } from '../quantizers/triangle.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor4D } from '../types.js';
import { biReal } from './bi-real.js';
import type { Method } from './method.js';
import { type Preset, stageOf } from './preset.js';

/**
 * ReActNet (Liu, Shen, Savvides, Cheng, ECCV 2020), its code (liuzechun/ReActNet, resnet/1_step1 and resnet/2_step2, birealnet.py): in the
 * first step of its training (stage 1) weights are real, and in the second (stage 2), which starts from the first's, they are Bi-Real Net's
 * (`HardBinaryConv`, the same code):
 *
 *   stage 1   wq = w
 *   stage 2   wq = mean |w| sign(w), sign(0) = 0;   dL/dw = dL/dwq where |w| <= 1, else 0
 */
const weights: MakeWeightQuantizer = (tf, options, layer) => {
  const binarize = biReal.weights(tf, options, layer);
  return (w, phase, training) => (phase.stage === '1' ? w : binarize(w, phase, training));
};

/**
 * RSign of the same code (`LearnableBias`, then `BinaryActivation`): Bi-Real Net's sign of what is shifted by b, which each of a layer's
 * input channels learns, from 0.
 *
 *   aq = sign(a + b), sign(0) = 0;   dL/da = dL/daq * max(0, 2 - 2|a + b|);   dL/db is its sum over the channel
 *
 * b is `move0.bias`, (1, C, 1, 1), as there.
 */
export const shiftedSign: MakeActivationQuantizer = (tf, _, layer) => {
  const [, channels] = layer.shape;
  const shift = layer.parameter('move0.bias', [1, channels, 1, 1], constant(0));
  const quantize = triangleEstimator(tf, (a: Tensor4D) => sign(tf, a));
  return (a) => quantize(shiftChannels(tf, a, shift));
};

/**
 * The authors' networks are for ImageNet: a MobileNet, and Bi-Real Net's ResNet with RPReLU behind each sum. Networks for CIFAR are made of the
 * same parts here, and trained by the same recipe; both are ours.
 */
export const reactnet: Method = {
  title: 'ReActNet (Liu et al., ECCV 2020)',
  evidence: 'code',
  source: 'github.com/liuzechun/ReActNet at a6cd08d',
  weights,
  activations: shiftedSign,
  scale: 'none',
  // PyTorch's own, of the float convolutions that the first step has in the place of binary ones.
  initialise: fanInUniform,
  style: (place) => ({ ...biReal.style(place), nonlinearity: 'rprelu' }),
  preset,
  stages: { '1': 'the weights themselves', '2': 'their sign times the mean magnitude of the filter' },
};

/**
 * The scripts for ResNet (run.sh), 128 epochs in each step. There filters and shifts decay in the first; here filters and the classifier. There
 * the loss is the distance from the logits of a trained float ResNet-34 alone: a `distillation` with temperature 1 and weight 1. Without a
 * teacher it is the labels' cross entropy.
 */
function preset(): Preset {
  const step = stageOf({ epochs: 128, optimizer: 'adam', learningRate: 2.5e-3, schedule: { type: 'linear' } });
  return { batchSize: 512, stages: { '1': { ...step, weightDecay: 1e-5, decay: 'weights' }, '2': step } };
}
