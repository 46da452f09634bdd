import type { StateBuffer, Tensor, Tensor1D, Tensor2D, Tensor4D, Tf, TrainingBackend, Variable } from '../types.js';
import type { Layer } from './convolution.js';
import { constant, type Initialiser } from './initialisers.js';
import type { LayerStore } from './layer-store.js';
import { offTape } from './off-tape.js';
import { columnSums } from './sums.js';

type Normalise = NonNullable<TrainingBackend['fusedBatchNorm']>;

export interface BatchNormOptions {
  /** Initial values of `weight`; default: ones. */
  readonly scale?: Initialiser;
  /** PyTorch's `affine`; if false, there is no `weight` and no `bias`. Default: true. */
  readonly isAffine?: boolean;
  /** Where they aren't the network's. */
  readonly epsilon?: number;
  readonly momentum?: number;
}

/**
 * `nn.BatchNorm2d` on (N, H, W, C): the network's epsilon and momentum. Training normalises by the batch's mean and biased variance, and feeds the
 * unbiased variance to the running one. Its output is one of the network's features.
 */
export function batchNorm(
  store: LayerStore,
  name: string,
  channels: number,
  { scale = constant(1), isAffine = true, ...own }: BatchNormOptions = {},
): Layer {
  const { tf } = store;
  const { epsilon, momentum, minNormScale } = { ...store.norms, ...own };
  const weight: Tensor = isAffine
    ? store.parameter(`${name}.weight`, [channels], scale)
    : store.constant(tf.ones([channels]));
  if (isAffine && minNormScale !== undefined) {
    store.afterStep.push(() => (weight as Variable).assign(tf.clipByValue(weight, minNormScale, Infinity)));
  }
  const bias: Tensor = isAffine
    ? store.parameter(`${name}.bias`, [channels], constant(0))
    : store.constant(tf.zeros([channels]));
  const runningMean = store.buffer(`${name}.running_mean`, tf.zeros([channels]));
  const runningVariance = store.buffer(`${name}.running_var`, tf.ones([channels]));
  const batches = store.buffer(`${name}.num_batches_tracked`, tf.scalar(0, 'int32'));
  const normalise = store.fusedBatchNorm ?? composedBatchNorm(tf);
  const mix = (running: StateBuffer, batch: Tensor): void => {
    // Over passes whose statistics are recomputed it is their mean.
    const share = store.statisticsPass === undefined ? momentum : 1 / store.statisticsPass;
    running.set(tf.tidy(() => tf.add(tf.mul(running.get(), 1 - share), tf.mul(batch, share))));
  };

  return (x, training) => {
    const [gamma, beta] = [weight as unknown as Tensor1D, bias as unknown as Tensor1D];
    if (!training && store.statisticsPass === undefined) {
      const factor = tf.mul(gamma, tf.rsqrt(tf.add(runningVariance.get(), epsilon)));
      const normalised = tf.add(tf.mul(x, factor), tf.sub(beta, tf.mul(runningMean.get(), factor)));
      store.features.set(name, normalised);
      return normalised as Tensor4D;
    }
    const { y, mean, variance } = normalise(x, gamma, beta, epsilon);
    offTape(tf, () => {
      mix(runningMean, mean);
      mix(runningVariance, variance);
      if (training) batches.set(tf.add(batches.get(), tf.scalar(1, 'int32')));
    });
    store.features.set(name, y);
    return y;
  };
}

/** `nn.BatchNorm1d` on (N, C). */
export function batchNormVector(
  store: LayerStore,
  name: string,
  channels: number,
): (x: Tensor2D, training: boolean) => Tensor2D {
  const layer = batchNorm(store, name, channels);
  return (x, training) => {
    const [images] = x.shape;
    const y = layer(store.tf.reshape(x, [images, 1, 1, channels]) as Tensor4D, training);
    return store.tf.reshape(y, [images, channels]) as Tensor2D;
  };
}

/**
 * Batch norm composed of tfjs's kernels, with the gradient in closed form. Over the M = N H W rows of each channel, with r = 1/sqrt(v +
 * epsilon), c = x - mean and g = dL/dy:
 *
 *   y = c (gamma r) + beta
 *   dL/dbeta = sum g        dL/dgamma = r sum g c
 *   dL/dx = gamma r (g - sum g / M - c r^2 sum g c / M)
 */
export function composedBatchNorm(tf: Tf): Normalise {
  return (x, scale, offset, epsilon) => {
    const channels = x.shape[3];
    const rows = x.size / channels;
    const { mean, centred, variance, inverse } = offTape(tf, () => {
      const means = tf.div(columnSums(tf, x), rows) as Tensor1D;
      const differences = tf.sub(x, means) as Tensor4D;
      const squares = columnSums(tf, tf.square(differences));
      return {
        mean: means,
        centred: differences,
        variance: tf.div(squares, Math.max(rows - 1, 1)) as Tensor1D,
        inverse: tf.rsqrt(tf.add(tf.div(squares, rows), epsilon)),
      };
    });
    const operation = tf.customGrad((...args) => {
      const [, gamma, beta, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      save([centred, inverse, gamma]);
      return {
        value: tf.add(tf.mul(centred, tf.mul(gamma, inverse)), beta),
        gradFunc: (dy: Tensor, saved: Tensor[]) => gradients(tf, dy, saved, rows),
      };
    });
    return { y: operation(x, scale, offset) as Tensor4D, mean, variance };
  };
}

/** Gradients with respect to x, scale and offset. */
function gradients(tf: Tf, dy: Tensor, saved: Tensor[], rows: number): Tensor[] {
  const [centred, inverse, gamma] = saved as [Tensor, Tensor, Tensor];
  const sum = columnSums(tf, dy);
  const sumCentred = columnSums(tf, tf.mul(dy, centred));
  const factor = tf.mul(gamma, inverse);
  const ofCentred = tf.mul(tf.mul(factor, tf.square(inverse)), tf.div(sumCentred, rows));
  const dx = tf.sub(tf.sub(tf.mul(dy, factor), tf.mul(centred, ofCentred)), tf.mul(factor, tf.div(sum, rows)));
  return [dx, tf.mul(sumCentred, inverse), sum];
}
