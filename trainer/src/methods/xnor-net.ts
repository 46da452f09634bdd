import { normal } from '../layers/initialisers.js';
import { gradientOfRelu } from '../layers/relu-gradient.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor, Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * XNOR-Net (Rastegari, Ordonez, Redmon, Farhadi, ECCV 2016, section 3.1) as a PyTorch version by others trains it (jiecaoyu/XNOR-Net-PyTorch,
 * CIFAR_10/util.py, `BinOp`), for each of the O filters, n = I kh kw weights:
 *
 *   before every step   w <- clip(w - mean of w over I, -1, 1), for good
 *   wq = A sign(w), A = mean |w|
 *   dL/dw_i = (1 - 1/I) n { A dL/dwq_i [|w_i| <= 1]  +  sign(w_i) / n * sum over j of sign(w_j) dL/dwq_j }
 *
 * The second term is the derivative of A. The factor 1 - 1/I is for the centring, n is the authors' own. Here sign(0) = +1, there 0.
 */
const weights: MakeWeightQuantizer = (tf, _, { weight, afterStep }) => {
  afterStep(() => {
    const latent = weight as unknown as Tensor4D;
    weight.assign(tf.clipByValue(tf.sub(latent, tf.mean(latent, 1, true)), -1, 1));
  });
  const operation = tf.customGrad((x, save) => {
    const w = x as Tensor4D;
    (save as (tensors: Tensor[]) => void)([w]);
    const scaleOf = (of: Tensor): Tensor => tf.mean(tf.abs(of), [1, 2, 3], true);
    return {
      value: tf.mul(signOrPlus(tf, w), scaleOf(w)) as Tensor4D,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const latent = saved[0] as Tensor4D;
        const [, inner, height, width] = latent.shape;
        const signs = signOrPlus(tf, latent);
        const ofScale = tf.mul(signs, tf.mean(tf.mul(signs, dy), [1, 2, 3], true));
        const ofSigns = tf.mul(tf.mul(dy, scaleOf(latent)), within(tf, latent, 1));
        return tf.mul(tf.add(ofSigns, ofScale), (1 - 1 / inner) * inner * height * width);
      },
    };
  });
  return (w) => operation(w) as Tensor4D;
};

/** `BinActive`: aq = sign(a), sign(0) = +1;   dL/da = dL/daq where |a| < 1, else 0. */
const activations: MakeActivationQuantizer = (tf) => {
  const operation = tf.customGrad((x, save) => {
    (save as (tensors: Tensor[]) => void)([x as Tensor]);
    return {
      value: signOrPlus(tf, x as Tensor4D),
      gradFunc: (dy: Tensor, saved: Tensor[]) => gradientOfRelu(tf, dy, tf.sub(1, tf.abs(saved[0]!))),
    };
  });
  return (a) => operation(a) as Tensor4D;
};

/** CIFAR: epochs are counted from 1 to 319, and the rate falls in these. */
const DROPS = [120, 200, 240, 280];
const EPOCHS = 319;

export const xnorNet: Method = {
  title: 'XNOR-Net (Rastegari et al., ECCV 2016)',
  evidence: 'code',
  source: 'github.com/jiecaoyu/XNOR-Net-PyTorch at ebccb50',
  weights,
  activations,
  scale: 'none',
  minNormScale: 0.01,
  initialise: normal(0.05),
  // The version has NIN for CIFAR and AlexNet for ImageNet. Its blocks stand in the place of those of the networks that tables give.
  style: ({ family }) => ({
    order: 'norm-conv-act',
    nonlinearity: 'relu',
    skips: 'block',
    shortcut: family === 'resnet20' ? 'slice-pad' : 'conv',
    stem: 'norm-act',
    tail: family === 'vgg-small' ? 'map-norm' : 'norm',
    normScale: 1,
    normEpsilon: 1e-4,
    hasBias: true,
  }),
  preset: ({ family }) => {
    const common = { optimizer: 'adam', weightDecay: 1e-5 } as const;
    if (family === 'imagenet-resnet') {
      const schedule = { type: 'steps', at: [0.3, 0.6, 0.9], factor: 0.1 } as const;
      return oneStage(256, { ...common, epochs: 100, learningRate: 1e-3, schedule });
    }
    const at = DROPS.map((epoch) => (epoch - 1) / EPOCHS);
    return oneStage(128, {
      ...common,
      epochs: EPOCHS,
      learningRate: 0.01,
      schedule: { type: 'steps', at, factor: 0.1 },
    });
  },
};
