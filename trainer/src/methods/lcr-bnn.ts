import { constant } from '../layers/initialisers.js';
import { offTape } from '../layers/off-tape.js';
import { avgPool } from '../layers/pools.js';
import type { Scalar, Tensor, Tensor4D, Tf } from '../types.js';
import { irNet } from './ir-net.js';
import type { LossInputs, Method, Place } from './method.js';
import { oneStage, type Preset } from './preset.js';

/** The code divides the loss by this, and by the number of images. */
const DIVISOR = 1e4;

/**
 * LCR-BNN (Shang, Xu, Duan, Zong, Nie, Yan, "Lipschitz Continuity Retained Binary Neural Network", ECCV 2022), its code (42Shawn/LCR_BNN,
 * LCR/imagenet: LCR.py, main.py): IR-Net with a loss that keeps what each stage does to its input as large as in a trained float network.
 * With the maps F_1 ... F_S behind the stages, each times its learned gamma, F_i averaged to the size of F_i+1, as matrices of channels by
 * P pixels, for each image
 *
 *   R_i = F_i F_i+1' / P        lambda_i = sqrt(|R_i R_i' 1|), 1 a vector of ones: one step of the power method
 *   loss = 1/(10^4 images) sum over i < S of 2^(i - S) mean over images of (lambda_i - lambda_i of the teacher)^2
 *
 * The teacher normalises by the batch's statistics and has no gamma. tau is 8, `--alpha`. The code is for ImageNet's four stages; CIFAR's
 * ResNet-20 has three, and there the network and recipe are IR-Net's. The code passes each batch through the network twice, once for the
 * loss, which changes nothing but the running statistics.
 */
export const lcrBnn: Method = {
  ...irNet,
  title: 'LCR-BNN (Shang et al., ECCV 2022)',
  evidence: 'code',
  source: 'github.com/42Shawn/LCR_BNN at 3905ef2',
  preset,
  teacher: 'training',
  loss: (tf, _options, declare, { stages }) => {
    const gamma = declare('gamma', [1, stages], constant(1));
    return (inputs) => lipschitzLoss(tf, inputs, gamma, stages);
  },
};

function preset({ family }: Place): Preset {
  const stage = { learningRate: 0.1, weightDecay: 1e-4, tau: 8 };
  return family === 'imagenet-resnet'
    ? oneStage(200, { epochs: 100, ...stage })
    : oneStage(128, { epochs: 400, ...stage });
}

function lipschitzLoss(tf: Tf, { features, teacher, labels }: LossInputs, gamma: Tensor, stages: number): Scalar {
  const gammas = tf.split(tf.abs(tf.reshape(gamma, [stages])), stages);
  const constants = (maps: ReadonlyMap<string, Tensor>, i: number): Tensor =>
    lipschitzConstants(tf, maps.get(`stage${i}`) as Tensor4D, maps.get(`stage${i + 1}`) as Tensor4D);
  let sum: Tensor = tf.scalar(0);
  for (let i = 1; i < stages; i++) {
    const wanted = offTape(tf, () => constants(teacher!, i));
    // Each map enters R R' twice, and lambda is the square root.
    const found = tf.mul(constants(features, i), tf.mul(gammas[i - 1]!, gammas[i]!));
    sum = tf.add(sum, tf.mul(tf.mean(tf.square(tf.sub(found, wanted))), 2 ** (i - stages)));
  }
  return tf.div(sum, DIVISOR * labels.size);
}

/**
 * lambda of two stages' maps (N, H, W, C) for each image, (N). R R' 1 is a product of a matrix and a vector four times, from right to left,
 * so that no matrix of channels by channels comes about.
 */
function lipschitzConstants(tf: Tf, map: Tensor4D, next: Tensor4D): Tensor {
  const [images, height, width, channels] = next.shape;
  const pixels = height * width;
  const pooled = map.shape[1] > height ? avgPool(tf, map, map.shape[1] / height) : map;
  const first = tf.reshape(pooled, [images, pixels, map.shape[3]]);
  const second = tf.reshape(next, [images, pixels, channels]);
  const perChannel = tf.matMul(tf.sum(first, 2, true), second, true);
  const perPixel = tf.matMul(second, perChannel, false, true);
  const product = tf.div(tf.matMul(perPixel, first, true), pixels ** 2);
  return tf.sqrt(tf.sqrt(tf.sum(tf.square(tf.reshape(product, [images, map.shape[3]])), 1)));
}
