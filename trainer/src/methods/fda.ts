import { linearUniform } from '../layers/initialisers.js';
import { offTape } from '../layers/off-tape.js';
import { gradientOfRelu } from '../layers/relu-gradient.js';
import { layerMagnitude } from '../quantizers/layer-magnitude.js';
import { sign } from '../quantizers/sign.js';
import type { BinaryLayerState, MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor, Tensor2D, Tf } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** The square wave's frequency. Its half period, 31, is far beyond the window. */
const FREQUENCY = 0.1;
const WINDOW = 1;
/** Number of terms at the start, less one, and how many are added until the end. */
const TERMS = 9;
const MORE_TERMS = 9;
/** Share of the noise module at the start, and of the sine within it. */
const NOISE = 0.1;
const SINE = 0.1;
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

/** W1 and W2. */
type NoiseModule = readonly [first: Tensor2D, second: Tensor2D];

function noiseModule(layer: BinaryLayerState, name: string, size: number): NoiseModule {
  const [wide, narrow] = NARROWING;
  const inside = Math.max(1, Math.floor(size / (size < wide ? narrow : wide)));
  return [
    layer.parameter(`${name}.w1`, [size, inside], linearUniform(size)) as unknown as Tensor2D,
    layer.parameter(`${name}.w2`, [inside, size], linearUniform(inside)) as unknown as Tensor2D,
  ];
}

/** @returns y for a tensor of rows, in its shape. */
function approximatedSign(tf: Tf, noise: NoiseModule): <T extends Tensor>(t: T, progress: number) => T {
  const [size] = noise[0].shape;
  return <T extends Tensor>(t: T, progress: number): T => {
    const share = (NOISE * (1 + Math.cos(Math.PI * progress))) / 2;
    const terms = TERMS + Math.floor(MORE_TERMS * progress) + 1;
    const operation = tf.customGrad((...args) => {
      const [x, first, second, save] = args as unknown as [Tensor, Tensor2D, Tensor2D, (tensors: Tensor[]) => void];
      const rows = tf.reshape(x, [-1, size]) as Tensor2D;
      const hidden = tf.relu(tf.matMul(rows, first)) as Tensor2D;
      save([rows, first, second, hidden]);
      const learned = tf.matMul(hidden, tf.mul(second, share) as Tensor2D);
      const fixed = tf.mul(tf.sin(rows), share * SINE);
      return {
        value: tf.reshape(tf.add(sign(tf, rows), tf.add(learned, fixed)), x.shape),
        gradFunc: (dy: Tensor, saved: Tensor[]) =>
          gradients(tf, dy, saved as [Tensor2D, Tensor2D, Tensor2D, Tensor2D], share, terms),
      };
    });
    return operation(t, ...noise) as T;
  };
}

/** Gradients with respect to t, W1 and W2. */
function gradients(
  tf: Tf,
  dy: Tensor,
  [rows, first, second, hidden]: readonly [Tensor2D, Tensor2D, Tensor2D, Tensor2D],
  share: number,
  terms: number,
): Tensor[] {
  const g = tf.reshape(dy, rows.shape) as Tensor2D;
  const ofHidden = gradientOfRelu(tf, tf.mul(tf.matMul(g, second, false, true), share), hidden) as Tensor2D;
  const slope = tf.add(squareWaveSlope(tf, rows, terms), tf.mul(tf.cos(rows), share * SINE));
  const ofRows = tf.add(tf.mul(g, slope), tf.matMul(ofHidden, first, false, true));
  return [tf.reshape(ofRows, dy.shape), tf.matMul(rows, ofHidden, true), tf.mul(tf.matMul(hidden, g, true), share)];
}

/** Below this the closed form is as good as its limit, and not 0/0. */
const NEAR_ZERO = 1e-5;

/**
 * (4 w0 / pi) times the sum over i < terms of cos((2i + 1) w0 t), which is sin(2 terms u) / (2 sin u) for u = w0 t; 0 beyond the window.
 */
function squareWaveSlope(tf: Tf, t: Tensor2D, terms: number): Tensor {
  const u = tf.maximum(tf.mul(tf.abs(t), FREQUENCY), NEAR_ZERO);
  const doubled = tf.div(tf.sin(tf.mul(u, 2 * terms)), tf.sin(u));
  return tf.mul(tf.mul(doubled, (2 * FREQUENCY) / Math.PI), within(tf, t, WINDOW));
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
