import { linearUniform } from '../layers/initialisers.js';
import { offTape } from '../layers/off-tape.js';
import { layerMagnitude } from '../quantizers/layer-magnitude.js';
import { sign } from '../quantizers/sign.js';
import { approximatedSign, type NoiseModule } from '../quantizers/square-wave.js';
import type { BinaryLayerState, MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor2D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** How many times narrower than its input a noise module is inside; for inputs narrower than the first number, the second. */
const NARROWING = [64, 4] as const;

/**
 * Frequency Domain Approximation (Xu, Han, Xu, Yu, Tao, Xu, NeurIPS 2021, arXiv:2103.00841). In place of sign(t) in training, for rows t of d
 * numbers:
 *
 *   y = sign(t) + a e(t),  e(t) = relu(t W1) W2 + 0.1 sin t,  a = 0.1 (1 + cos(pi progress)) / 2
 *   d sign(t)/dt = (4 w0 / pi) * sum over i = 0..n of cos((2i + 1) w0 t) where |t| <= 1, else 0
 *
 * the series of the square wave, whose n rises from 9 to 18; all else has its own derivative. sign(0) = 0. The noise module (W1: d x d/64,
 * W2: d/64 x d) learns what the series lacks; it vanishes with a, and isn't there in evaluation. Rows are filters (d = I kh kw) or pixels
 * (d = C); below d = 64 a module is d/4 wide inside. The base is DoReFa:
 *
 *   wq = E|w| y(w), one scale for the whole layer, without gradient;   aq = y(a)
 *
 * The paper doesn't print w0 and the window; they are those of htqin/BiBench (bibench/models/layers/fda.py), a version by others, which
 * otherwise differs: it scales each filter. The authors' published code (mindspore-ai/models, research/cv/FDA-BNN) evaluates only.
 */
const weights: MakeWeightQuantizer = (tf, _, layer) => {
  const binarize = approximatedSign(tf, noiseModule(layer, 'weight_noise', layer.weight.size / layer.shape[0]));
  return (w, { progress }, training) => {
    const scale = offTape(tf, () => layerMagnitude(tf, w));
    if (!training) return offTape(tf, () => tf.mul(sign(tf, w), scale));
    return tf.mul(binarize(w, progress), scale);
  };
};

const activations: MakeActivationQuantizer = (tf, _, layer) => {
  const binarize = approximatedSign(tf, noiseModule(layer, 'act_noise', layer.shape[1]));
  return (a, training, { progress }) => (training ? binarize(a, progress) : sign(tf, a));
};

function noiseModule(layer: BinaryLayerState, name: string, size: number): NoiseModule {
  const [wide, narrow] = NARROWING;
  const inside = Math.max(1, Math.floor(size / (size < wide ? narrow : wide)));
  return [
    layer.parameter(`${name}.w1`, [size, inside], linearUniform(size)) as unknown as Tensor2D,
    layer.parameter(`${name}.w2`, [inside, size], linearUniform(inside)) as unknown as Tensor2D,
  ];
}

/**
 * CIFAR's ResNet-20 is that of the authors' published code. The paper's other networks have PReLU as well; for ImageNet it is Bi-Real's with
 * PReLU, and Bi-Real's recipe.
 */
export const fda: Method = {
  title: 'FDA-BNN (Xu et al., NeurIPS 2021)',
  evidence: 'paper',
  source: 'arXiv:2103.00841; github.com/htqin/BiBench at 5a04a6d, a version by others',
  weights,
  activations,
  scale: 'none',
  style: ({ family }) =>
    family === 'imagenet-resnet'
      ? {
          order: 'conv-act-norm',
          nonlinearity: 'prelu',
          shortcut: 'average-conv',
          stem: 'norm',
          tail: 'none',
          normScale: 1,
        }
      : {
          order: 'conv-act-norm',
          nonlinearity: 'scalar-prelu',
          skips: 'block',
          shortcut: 'slice-pad',
          stem: 'norm',
          tail: family === 'vgg-small' ? 'none' : 'map-relu',
        },
  preset: ({ family }) =>
    family === 'imagenet-resnet'
      ? oneStage(512, { epochs: 256, optimizer: 'adam', learningRate: 1e-3, schedule: { type: 'linear' } })
      : oneStage(128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4 }),
};
