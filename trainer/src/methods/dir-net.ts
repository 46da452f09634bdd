import { offTape } from '../layers/off-tape.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Scalar, Tensor, Tensor4D, Tf } from '../types.js';
import { irNet, irNetWeights, LAST_STEEPNESS, steepnessAt } from './ir-net.js';
import type { Method } from './method.js';
import { withTau } from './preset.js';

/** A weight can still be updated if it gets this share of the largest gradient. */
const NOTICEABLE = 0.05;
/** |t v| at which 1 - tanh(t v)^2 is that share. */
const REACH = Math.atanh(Math.sqrt(1 - NOTICEABLE));
/** Weight of the distillation, which starts well below the cross entropy then. The abstract has none. */
const TAU = 10;
/** Keeps the gradient of a map of zeros finite. */
const EPSILON = 1e-12;

/**
 * After the abstract of DIR-Net (Qin, Zhang, Gong, Ding, Xu, Liu, "Distribution-sensitive Information Retention for Accurate Binary Neural
 * Network", IJCV 2023), and no reproduction: how its three parts are computed is our reading of what they are said to do.
 *
 * - Balanced, standardised weights, scaled by a power of two, and the sign of activations: IR-Net's.
 * - An estimator that first keeps enough weights updatable and then sharpens: IR-Net's, whose t is held below
 *   atanh(sqrt(0.95)) / q in each layer. q is the quantile of |v| that the share `updatable` of its weights doesn't exceed, before each
 *   epoch; these weights get at least 5 % of the largest gradient. For weights of a normal distribution and a tenth of them the bound is
 *   17.3, above the last t of 10, so it acts on other distributions alone.
 * - Representations aligned with those of a float network: with A the sums of squares over the channels of a stage's map, as a vector of
 *   pixels, the sum over stages of the mean over images and pixels of (A / |A| - A / |A| of the teacher)^2. The teacher is in evaluation
 *   mode.
 */
const weights: MakeWeightQuantizer = (tf, { options }, layer) => {
  const bound = layer.buffer('bound', tf.scalar(LAST_STEEPNESS));
  layer.beforeEpoch(async () => {
    const values = (await layer.weight.data()) as Float32Array;
    const quantile = quantileOf(standardisedSizes(values, layer.shape[0]), options.updatable as number);
    bound.set(tf.scalar(Math.min(LAST_STEEPNESS, REACH / quantile)));
  });
  return (w, { progress }) => irNetWeights(tf, w, () => tf.minimum(bound.get(), steepnessAt(progress, options)));
};

/** |w - mean| / deviation of each filter, as IR-Net standardises weights. */
function standardisedSizes(values: Float32Array, filters: number): Float64Array {
  const taps = values.length / filters;
  const sizes = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += taps) {
    const filter = values.subarray(start, start + taps);
    const mean = filter.reduce((sum, w) => sum + w, 0) / taps;
    const deviation = Math.sqrt(filter.reduce((sum, w) => sum + (w - mean) ** 2, 0) / (taps - 1));
    filter.forEach((w, i) => {
      sizes[start + i] = Math.abs(w - mean) / deviation;
    });
  }
  return sizes;
}

/** The smallest of the values that the share of them doesn't exceed. Sorts them. */
function quantileOf(values: Float64Array, share: number): number {
  return values.sort()[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}

export const dirNet: Method = {
  ...irNet,
  title: 'DIR-Net, after the abstract (Qin et al., IJCV 2023)',
  evidence: 'abstract',
  source: 'arXiv:2109.12338',
  weights,
  options: { ...irNet.options, updatable: { default: 0.1, min: 0, max: 1 } },
  preset: (place) => withTau(irNet.preset(place), TAU),
  teacher: 'evaluation',
  loss:
    (tf, _options, _declare, { stages }) =>
    ({ features, teacher }) => {
      let sum: Tensor = tf.scalar(0);
      for (let i = 1; i <= stages; i++) {
        const name = `stage${i}`;
        const wanted = offTape(tf, () => attention(tf, teacher!.get(name) as Tensor4D));
        const difference = tf.sub(attention(tf, features.get(name) as Tensor4D), wanted);
        sum = tf.add(sum, tf.mean(tf.square(difference)));
      }
      return sum as Scalar;
    },
};

/** Sums of squares over the channels of maps (N, H, W, C), as vectors of length 1: (N, H W). */
function attention(tf: Tf, map: Tensor4D): Tensor {
  const [images, height, width] = map.shape;
  const energy = tf.reshape(tf.sum(tf.square(map), 3), [images, height * width]);
  return tf.div(energy, tf.sqrt(tf.add(tf.sum(tf.square(energy), 1, true), EPSILON)));
}
