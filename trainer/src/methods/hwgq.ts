import { gradientOfRelu } from '../layers/relu-gradient.js';
import { straightThrough } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * Half-Wave Gaussian Quantization (Cai, He, Sun, Vasconcelos, CVPR 2017), its code (zhaoweicai/hwgq, a branch of Caffe:
 * `BinaryConvolution` with `use_alpha`): for each of the O filters
 *
 *   wq = mean |w| sign(w), sign(0) = +1;   dL/dw = dL/dwq
 */
const weights: MakeWeightQuantizer = (tf) =>
  straightThrough(tf, (w: Tensor4D) => tf.mul(signOrPlus(tf, w), tf.mean(tf.abs(w), [1, 2, 3], true)));

/** The distance of levels, with which the error is least for a normal distribution of deviation 1, and the middles between levels. */
const STEP = 0.538;
const THRESHOLDS = [0, 0.807, 1.345] as const;
/** The highest level, above which there is no gradient. */
const TOP = 1.614;

/**
 * The same code's `Quant` with the forward function `hwgq` and the backward function `relu`, clipped: 2 bits, the levels 0, 0.538, 1.076 and
 * 1.614.
 *
 *   aq = 0.538 * (number of the thresholds 0, 0.807, 1.345 that a is above);   dL/da = dL/daq where 0 < a <= 1.614, else 0
 *
 * Each threshold itself has the lower level.
 */
const activations: MakeActivationQuantizer = (tf) => {
  const operation = tf.customGrad((x, save) => {
    const a = x as Tensor4D;
    (save as (tensors: Tensor[]) => void)([a]);
    const [first, second, third] = THRESHOLDS.map((level) => tf.step(level === 0 ? a : tf.sub(a, level)));
    return {
      value: tf.mul(tf.add(tf.add(first!, second!), third!), STEP),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const input = saved[0]!;
        return gradientOfRelu(tf, tf.mul(dy, tf.lessEqual(input, TOP)), input);
      },
    };
  });
  return (a) => operation(a) as Tensor4D;
};

/**
 * The network of its code (examples/imagenet/res18-hwgq-3ne-clip-poly-320k): levels are for a normal distribution of deviation 1, so a batch
 * norm without a learned scale and shift precedes each quantizer. There the first block's shortcut starts behind the first batch norm; here
 * before it, as those of the other blocks do.
 *
 * Weight decay also takes the biases of the first and the last layer along, which have none there.
 */
export const hwgq: Method = {
  title: 'HWGQ (Cai et al., CVPR 2017)',
  evidence: 'code',
  source: 'github.com/zhaoweicai/hwgq at ebc706b',
  weights,
  activations,
  scale: 'none',
  style: ({ family }) => ({
    order: 'norm-act-conv',
    nonlinearity: 'none',
    skips: 'block',
    shortcut: 'binary-conv',
    stem: 'bias',
    stemPool: 'ceil',
    tail: family === 'vgg-small' ? 'map-norm-relu' : 'map-relu',
    normScale: 1,
    normIsAffine: false,
    endsWithNorm: true,
  }),
  preset: ({ family }) =>
    family === 'imagenet-resnet'
      ? oneStage(256, { epochs: 64, learningRate: 0.1, weightDecay: 5e-5, schedule: { type: 'poly', power: 1 } })
      : oneStage(100, { epochs: 200, learningRate: 0.01, weightDecay: 5e-4, schedule: { type: 'poly', power: 1 } }),
};
