import { kaimingNormal } from '../layers/initialisers.js';
import { offTape } from '../layers/off-tape.js';
import { straightThrough } from '../quantizers/estimator.js';
import { signOrMinus } from '../quantizers/sign.js';
import type { BinaryLayerState, MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** Share of the past in the moving averages. */
const PAST = 0.9;
/** How strongly a new level is held at the present one; it keeps the division defined. */
const HOLD = 1e-4;
/** Half of a normal distribution of deviation 1 lies within +-0.6745. */
const QUARTILE = 0.6745;

/**
 * LQ-Nets (Zhang, Yang, Ye, Hua, ECCV 2018), its code (microsoft/LQ-Nets, learned_quantization.py, `QuantizedWeight`) with 1 bit, for each of
 * the O filters of N weights, with b = +1 where w > 0, else -1:
 *
 *   wq = v b;   dL/dw = dL/dwq
 *   v <- average of (sum |w| + d v) / (N + d), d = 1e-4     after each step's forward pass, from that step's w
 *
 * v, the `basis`, is a buffer. It starts at 0.6745 sqrt(2 / (O kh kw)), and forgets that with the first step, because TensorFlow's moving
 * average is corrected for its start: after t steps it is sum of 0.1 * 0.9^(t - i) v_i / (1 - 0.9^t). `steps` is t.
 */
const weights: MakeWeightQuantizer = (tf, _, layer) => {
  const [filters, inner, height, width] = layer.shape;
  const taps = inner * height * width;
  const basis = movingBasis(
    tf,
    layer,
    { basis: 'basis', steps: 'steps' },
    tf.fill([1, filters], QUARTILE * Math.sqrt(2 / (filters * height * width))),
  );
  return (w, _phase, training) => {
    const v = tf.reshape(basis.value, [filters, 1, 1, 1]);
    const quantized = straightThrough(tf, (x: Tensor4D) => tf.mul(signOrMinus(tf, x), v) as Tensor4D)(w);
    if (training) {
      basis.update(() => ({ sum: tf.reshape(tf.sum(tf.abs(w), [1, 2, 3]), [1, filters]), count: taps }));
    }
    return quantized;
  };
};

/**
 * The same code's `QuantizedActiv` with 1 bit, for activations behind a ReLU: the levels are 0 and v, one for the layer.
 *
 *   aq = v b, b = 1 where a > v/2, else 0;   dL/da = dL/daq where a <= v, else 0
 *   v <- average of sum b a / sum b                          after each step's forward pass
 *
 * There it fails where no activation is above v/2; here v is held as for weights.
 */
const activations: MakeActivationQuantizer = (tf, _, layer) => {
  const names = { basis: 'activation_basis', steps: 'activation_steps' };
  const basis = movingBasis(tf, layer, names, tf.fill([1, 1], 2 * QUARTILE));
  const operation = tf.customGrad((...args) => {
    const [a, v, save] = args as unknown as [Tensor4D, Tensor, (tensors: Tensor[]) => void];
    save([a, v]);
    return {
      value: tf.mul(reached(tf, a, v), v),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [input, top] = saved as [Tensor, Tensor];
        return [tf.mul(dy, tf.lessEqual(input, top)), tf.zerosLike(top)];
      },
    };
  });
  return (a, training) => {
    const v = tf.reshape(basis.value, []);
    const quantized = operation(a, v) as Tensor4D;
    if (training) {
      basis.update(() => {
        const bits = reached(tf, a, v);
        return { sum: tf.reshape(tf.sum(tf.mul(bits, a)), [1, 1]), count: tf.sum(bits) };
      });
    }
    return quantized;
  };
};

/** 1 where a > v/2, else 0. @param v one number. */
function reached(tf: Tf, a: Tensor4D, v: Tensor): Tensor4D {
  return tf.step(tf.sub(a, tf.div(v, 2)));
}

/** A step's sum of magnitudes, of the basis' shape, and the number of its terms. */
interface Terms {
  readonly sum: Tensor;
  readonly count: number | Tensor;
}

interface MovingBasis {
  readonly value: Tensor;
  update(measure: () => Terms): void;
}

/** Declares the levels of a quantizer, which follow what they quantize. @param initial belongs to the basis from now on. */
function movingBasis(
  tf: Tf,
  layer: BinaryLayerState,
  names: { readonly basis: string; readonly steps: string },
  initial: Tensor,
): MovingBasis {
  const basis = layer.buffer(names.basis, initial);
  const steps = layer.buffer(names.steps, tf.scalar(0));
  return {
    get value() {
      return basis.get();
    },
    update: (measure) =>
      offTape(tf, () => {
        const v = basis.get();
        const { sum, count } = measure();
        const next = tf.div(tf.add(sum, tf.mul(v, HOLD)), tf.add(count, HOLD));
        const done = tf.add(steps.get(), 1);
        const weight = tf.div(1 - PAST, tf.sub(1, tf.pow(PAST, done)));
        basis.set(tf.add(v, tf.mul(tf.sub(next, v), weight)));
        steps.set(done);
      }),
  };
}

/**
 * For CIFAR its authors published VGG-small alone (cifar10-vgg-small.py); the other networks have that recipe, too. Their paper has
 * pre-activation networks there: BN -> ReLU -> conv, and as in their resnet_model.py a batch norm at the end of a block. Its shortcut pads
 * channels at the end alone; here half of them come first.
 */
export const lqNet: Method = {
  title: 'LQ-Nets (Zhang et al., ECCV 2018)',
  evidence: 'code',
  source: 'github.com/microsoft/LQ-Nets at 4f3ea9b',
  weights,
  activations,
  scale: 'none',
  initialise: kaimingNormal,
  style: () => ({
    order: 'norm-act-conv',
    nonlinearity: 'relu',
    skips: 'block',
    shortcut: 'average-pad',
    stem: 'none',
    tail: 'map-norm-relu',
    normScale: 1,
    endsWithNorm: true,
  }),
  preset: ({ family }) =>
    family === 'imagenet-resnet'
      ? oneStage(256, {
          epochs: 64,
          learningRate: 0.1,
          nesterov: true,
          weightDecay: 5e-5,
          decay: 'weights',
          schedule: { type: 'poly', power: 1 },
        })
      : oneStage(100, {
          epochs: 400,
          learningRate: 0.02,
          weightDecay: 5e-4,
          decay: 'weights',
          schedule: { type: 'steps', at: [80 / 400, 160 / 400, 300 / 400], factor: 0.1 },
        }),
};
