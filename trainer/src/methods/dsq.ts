import { constant } from '../layers/initialisers.js';
import { softStep } from '../quantizers/soft-step.js';
import type {
  BinaryLayerState,
  MakeActivationQuantizer,
  MakeWeightQuantizer,
  MethodOptions,
} from '../quantizers/types.js';
import type { Tensor4D, Tf, Variable } from '../types.js';
import { irNetPreset } from './ir-net.js';
import type { Method, Place } from './method.js';

/** The initial value in `DSQConv`, and what alpha is kept between: at 0 the soft step is the hard one, without a gradient. */
const FIRST_ALPHA = 0.2;
const LEAST_ALPHA = 1e-3;
const MOST_ALPHA = 0.5;
/**
 * Of the learning rate, for levels and softness. The paper says nothing of it; but their gradients are sums over whole maps, and with the
 * rate of the weights the softness of the first layers soon fell to the least value, where little gradient is left.
 */
const LEVEL_RATE = 0.01;
/** The least distance of two learned levels, so that they don't change places. */
const LEAST_DISTANCE = 1e-2;

/**
 * Differentiable Soft Quantization (Gong, Liu, Jiang, Li, Hu, Lin, Yu, Yan, ICCV 2019) with 1 bit, for weights and inputs alike: the clips l
 * and u of the paper are the two levels, and the staircase between them has one step, whose gradient is that of a tanh.
 *
 *   xq = u where x >= (l + u)/2, else l
 *   phi = s tanh(k (x - (l + u)/2)), s = 1/(1 - alpha), k = ln(2/alpha - 1)/(u - l)
 *   backward as l + (u - l)(phi + 1)/2 between l and u, as the clip outside
 *
 * Each layer learns an alpha for its weights (`alphaW`) and one for its inputs (`alphaA`). The variant `binary` is the paper's Binary DSQ,
 * with l = -1 and u = 1; in `piecewise` each layer learns them too (`lW`, `uW`, `lA`, `uA`). The paper's ResNet-20 with 84.11 % is piecewise.
 *
 * The authors published no code that we know. The names are those of a version by others (ricky40403/DSQ, DSQConv.py), which has moving
 * averages of the levels and rounds the middle to l; here the middle is u, so that 0 is +1, as in a packed model. Where the levels start, the
 * paper doesn't say; here at -1 and 1.
 */
function quantizer(tf: Tf, options: MethodOptions, layer: BinaryLayerState, suffix: 'W' | 'A') {
  const learnsLevels = options.variant === 'piecewise';
  const declare = (part: string, value: number): Variable =>
    layer.parameter(part + suffix, [], constant(value), {
      rate: (options.levelRate as number | undefined) ?? LEVEL_RATE,
    });
  const alpha = declare('alpha', FIRST_ALPHA);
  layer.afterStep(() => alpha.assign(tf.clipByValue(alpha, LEAST_ALPHA, MOST_ALPHA)));
  if (!learnsLevels) return (x: Tensor4D) => softStep(tf, x, { lower: -1, upper: 1, alpha });
  const lower = declare('l', -1);
  const upper = declare('u', 1);
  layer.afterStep(() => upper.assign(tf.maximum(upper, tf.add(lower, LEAST_DISTANCE))));
  return (x: Tensor4D) => softStep(tf, x, { lower, upper, alpha });
}

const weights: MakeWeightQuantizer = (tf, { options }, layer) => quantizer(tf, options, layer, 'W');
const activations: MakeActivationQuantizer = (tf, { options }, layer) => quantizer(tf, options, layer, 'A');

export const dsq: Method = {
  title: 'DSQ (Gong et al., ICCV 2019)',
  evidence: 'paper',
  source: 'arXiv:1908.05033; github.com/ricky40403/DSQ at f06df7f, a version by others',
  weights,
  activations,
  scale: 'none',
  options: {
    variant: { default: 'binary', among: ['binary', 'piecewise'] },
    levelRate: { default: LEVEL_RATE, min: 0, max: 1 },
  },
  style: dsqStyle,
  // The paper trains by the recipes of the systems that it compares with.
  preset: irNetPreset,
};

/** Plain ResNets with one shortcut around a block's two convolutions; hardtanh before binary layers, ReLU before floats. */
function dsqStyle({ family }: Place): ReturnType<Method['style']> {
  if (family === 'vgg-small') return {};
  return {
    skips: 'block',
    shortcut: family === 'resnet20' ? 'slice-pad' : 'conv',
    stem: 'norm-act',
    normScale: 1,
  };
}
