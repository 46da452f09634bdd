import { runFused } from '../layers/fused.js';
import { estimator } from '../quantizers/estimator.js';
import { layerMagnitude } from '../quantizers/layer-magnitude.js';
import { sign } from '../quantizers/sign.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, ScaledSigns } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Scalar, Tensor, Tensor4D, Tf } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * The name under which a back end registers dL/dx of the sign below if it has it in one pass. Inputs: `dy`, `x`, and as `parameters` where the
 * gradient becomes constant, where it ends, and 1/o.
 */
export const RECTIFIED_SIGN_GRADIENT = 'SignwaveRectifiedSignGrad';

/** Where the gradient ends, where it becomes constant, and the exponent at the end, as in ReSTE's code and arguments. */
const TRUNCATION = 1.5;
const CORE = 0.1;
const FINAL_EXPONENT = 3;

/**
 * ReSTE (Wu, Zheng, Liu, Zheng, Zheng, ICCV 2023), its code (DravenALG/ReSTE, model/binary_module/binarized_modules.py, `Binary_ReSTE`), the
 * same for weights and activations:
 *
 *   d sign(x)/dx = 1/o |x|^((1 - o)/o)   for 0.1 < |x| <= 1.5, the derivative of sign(x) |x|^(1/o)
 *                  0.1^(1/o) / 0.1       for |x| <= 0.1, its secant
 *                  0                     beyond
 *
 * o rises from 1 (the straight-through estimator) to 3 by 1 - cos(progress pi/2) (`ReSTE` in main.py, `--o_end 3` in README.md). sign(0) = 0.
 */
function rectified(tf: Tf, progress: number): (x: Tensor4D) => Tensor4D {
  const o = 1 + (1 - Math.cos((progress * Math.PI) / 2)) * (FINAL_EXPONENT - 1);
  return estimator(
    tf,
    (x: Tensor4D) => sign(tf, x),
    (x) => {
      const size = tf.abs(x);
      const isCore = tf.sub(1, tf.step(tf.sub(size, CORE)));
      // The secant is o times the slope at the core's edge, which is what the clipped power gives inside.
      const power = powerOf(tf, tf.clipByValue(size, CORE, TRUNCATION), (1 - o) / o);
      const slope = tf.mul(power, tf.add(tf.mul(isCore, (o - 1) / o), 1 / o));
      return tf.mul(slope, within(tf, x, TRUNCATION));
    },
    (dy, x) => runFused(tf, RECTIFIED_SIGN_GRADIENT, { dy, x, parameters: [CORE, TRUNCATION, 1 / o] }),
  );
}

/**
 * x^exponent for x from 0.1 to 1.5 and an exponent from -1 to 0. On wasm the exponential that elu holds takes a twelfth of the time of exp
 * and pow; it is right for arguments of up to 0.
 */
function powerOf(tf: Tf, x: Tensor, exponent: number): Tensor {
  if (tf.getBackend() !== 'wasm') return tf.pow(x, exponent);
  const largest = exponent * Math.log(CORE);
  const scaled = tf.sub(tf.mul(tf.log(x), exponent), largest);
  return tf.mul(tf.add(tf.elu(scaled), 1), Math.exp(largest));
}

/**
 *   wq = sign(w) E|w|, one scale for the whole layer
 *
 * The gradient also goes through E|w|.
 */
const weights: MakeWeightQuantizer = (tf) => {
  const meanSize = meanMagnitude(tf);
  const factors = (w: Tensor4D, { progress }: { readonly progress: number }): ScaledSigns => ({
    signs: rectified(tf, progress)(w),
    scale: meanSize(w) as Scalar,
  });
  const product = (w: Tensor4D, phase: { readonly progress: number }): Tensor4D => {
    const { signs, scale } = factors(w, phase);
    return tf.mul(signs, scale);
  };
  return Object.assign(product, { factors });
};

/** E|w|, with the gradient sign(w)/n, which is 0 at 0. TensorFlow.js has -1 for the slope of |w| there. */
function meanMagnitude(tf: Tf): (w: Tensor4D) => Tensor {
  return tf.customGrad((x, save) => {
    const w = x as Tensor;
    (save as (tensors: Tensor[]) => void)([w]);
    return {
      value: layerMagnitude(tf, w as Tensor4D),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(sign(tf, saved[0]!), tf.div(dy, w.size)),
    };
  });
}

/** aq = sign(a), with the gradient of the weights at the same o. */
const activations: MakeActivationQuantizer =
  (tf) =>
  (a, _, { progress }) =>
    rectified(tf, progress)(a);

export const reste: Method = {
  title: 'ReSTE (Wu et al., ICCV 2023)',
  evidence: 'code',
  source: 'github.com/DravenALG/ReSTE at 0d3c36a',
  weights,
  activations,
  scale: 'none',
  // With float activations the network is the same (`--a32`).
  style: ({ family }) => ({
    order: 'conv-act-norm',
    nonlinearity: 'relu',
    skips: family === 'imagenet-resnet' ? 'conv' : 'block',
    shortcut: family === 'resnet20' ? 'slice-pad' : 'conv',
    stem: 'norm-act',
    normScale: 1,
  }),
  preset: ({ family }) => {
    const common = { learningRate: 0.1, weightDecay: 1e-4 };
    if (family === 'imagenet-resnet') return oneStage(750, { ...common, epochs: 250 });
    const warmUp = { ...common, schedule: { type: 'biper-code' }, warmUpEpochs: 5 } as const;
    return family === 'resnet18'
      ? oneStage(96, { ...warmUp, epochs: 2000 })
      : oneStage(256, { ...warmUp, epochs: 1000 });
  },
};
