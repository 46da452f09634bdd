import { columnSums } from '../layers/sums.js';
import { sign } from '../quantizers/sign.js';
import type { Scalar, Tensor, Tensor4D, Tf } from '../types.js';
import { bnn } from './bnn.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

const EPOCHS = 65;
/** From this epoch on, of so many, the loss is the cross entropy alone (`--distr_epoch`). */
const LAST_EPOCHS_FROM = 60;
/** Less than the share of an epoch in any run. */
const ROUNDING = 1e-9;
/** Added to the variance. */
const EPSILON = 1e-10;
/** The deviation from which a channel counts as saturated, and how far a channel has to reach beyond 0 on both sides to have both signs. */
const SATURATED = 4;
const REACH = 2;

/**
 * RAD (Ding, Chin, Liu, Marculescu, "Regularizing Activation Distribution for Training Binarized Deep Networks", CVPR 2019), its code
 * (ruizhoud/DistributionLoss): BNN with a loss on the distribution of each channel of the batch norm behind each binary layer. With the mean
 * mu and deviation sigma of a channel over batch and map (sigma^2 = biased variance + 1e-10),
 *
 *   D = mean over channels of  relu(2 - |mu| - sigma)^2     degeneration: all values have one sign
 *                            + relu(sigma - 4)^2            saturation: most have no gradient
 *                            + relu(mu^2 - sigma^2)         mismatch of the gradient
 *
 * and the loss is the mean of D over the binary layers; tau = 2 weighs it, until epoch 60 of 65. The code has an AlexNet for ImageNet alone,
 * so other networks are BNN's with this loss. It differs from ours in that its batch norms keep the mean of all batches for evaluation; and in
 * its last epoch the learning rate is 0.
 */
export const rad: Method = {
  ...bnn,
  title: 'RAD (Ding et al., CVPR 2019)',
  evidence: 'code',
  source: 'github.com/ruizhoud/DistributionLoss at 9b6eafc',
  preset: () =>
    oneStage(256, {
      epochs: EPOCHS,
      optimizer: 'adam',
      learningRate: 1e-2,
      schedule: { type: 'steps', at: [20, 40, 50, LAST_EPOCHS_FROM].map((epoch) => epoch / EPOCHS), factor: 0.1 },
      tau: 2,
    }),
  loss:
    (tf, _options, _declare, { binaryLayers }) =>
    ({ features, phase }) => {
      if (phase.progress > LAST_EPOCHS_FROM / EPOCHS - ROUNDING) return tf.scalar(0);
      const terms = binaryLayers.map((layer) => distributionLoss(tf, features.get(normOf(layer)) as Tensor4D));
      return tf.div(
        terms.reduce((sum, term) => tf.add(sum, term)),
        terms.length,
      );
    },
};

/** Name of a binary layer's batch norm: `layer1.0.bn2` for `layer1.0.conv2`, `layer2.0.shortcut.1` for `layer2.0.shortcut.0`. */
function normOf(layer: string): string {
  return layer.replace(/conv(\d+)$/, 'bn$1').replace(/\.0$/, '.1');
}

/**
 * D of one map (N, H, W, C). Over its M = N H W rows, with y less mu as c:
 *
 *   dD/dy = dD/dmu / M + dD/dsigma c / (M sigma)
 */
function distributionLoss(tf: Tf, map: Tensor4D): Scalar {
  const channels = map.shape[3];
  const rows = map.size / channels;
  const operation = tf.customGrad((x, save) => {
    const y = x as Tensor4D;
    const mean = tf.div(columnSums(tf, y), rows);
    const centred = tf.sub(y, mean);
    const variance = tf.add(tf.div(columnSums(tf, tf.square(centred)), rows), EPSILON);
    const deviation = tf.sqrt(variance);
    (save as (tensors: Tensor[]) => void)([centred, mean, deviation]);
    const degenerate = tf.relu(tf.sub(tf.sub(REACH, tf.abs(mean)), deviation));
    const saturated = tf.relu(tf.sub(deviation, SATURATED));
    const mismatched = tf.relu(tf.sub(tf.square(mean), variance));
    const sum = tf.add(tf.add(tf.square(degenerate), tf.square(saturated)), mismatched);
    return {
      value: tf.mean(sum) as Scalar,
      gradFunc: (dy: Tensor, saved: Tensor[]) => distributionGradient(tf, dy, saved),
    };
  });
  return operation(map) as Scalar;
}

function distributionGradient(tf: Tf, dy: Tensor, saved: Tensor[]): Tensor {
  const [centred, mean, deviation] = saved as [Tensor, Tensor, Tensor];
  const degenerate = tf.relu(tf.sub(tf.sub(REACH, tf.abs(mean)), deviation));
  const saturated = tf.relu(tf.sub(deviation, SATURATED));
  const isMismatched = tf.cast(tf.greater(tf.square(mean), tf.square(deviation)), 'float32');
  // Half of dD/dmu and dD/dsigma; each row of the C channels gets 1/M of them, and M C is the number of elements.
  const ofMean = tf.sub(tf.mul(mean, isMismatched), tf.mul(degenerate, sign(tf, mean)));
  const ofDeviation = tf.sub(tf.sub(saturated, degenerate), tf.mul(deviation, isMismatched));
  const factor = tf.mul(dy, 2 / centred.size);
  return tf.add(tf.mul(centred, tf.mul(tf.div(ofDeviation, deviation), factor)), tf.mul(ofMean, factor));
}
