import type { Tensor, Tensor4D, Tf } from '../types.js';
import { constant } from './initialisers.js';
import type { LayerStore } from './layer-store.js';
import { gradientOfRelu } from './relu-gradient.js';
import { columnSums } from './sums.js';

/** Initial slopes on either side of 0, as in AdaBin's code: those of PyTorch's PReLU. */
const NEGATIVE = 0.25;
const POSITIVE = 1;

/**
 * AdaBin's Maxout for each of C channels: positive relu(x) - negative relu(-x), a PReLU that learns both of its slopes. Names of the parameters
 * are those of the authors' code, `neg_scale` and `pos_scale` (C). At exactly 0 no gradient flows, as in their sum of two ReLUs.
 */
export function maxout(store: LayerStore, name: string, channels: number): (x: Tensor4D) => Tensor4D {
  const negative = store.parameter(`${name}.neg_scale`, [channels], constant(NEGATIVE));
  const positive = store.parameter(`${name}.pos_scale`, [channels], constant(POSITIVE));
  return (x) => applyMaxout(store.tf, x, negative, positive);
}

/** @param negative (C). @param positive (C). */
function applyMaxout(tf: Tf, x: Tensor4D, negative: Tensor, positive: Tensor): Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [input, below, above, save] = args as unknown as [Tensor4D, Tensor, Tensor, (tensors: Tensor[]) => void];
    save([input, below, above]);
    return {
      value: tf.add(tf.mul(tf.relu(input), above), tf.mul(tf.minimum(input, 0), below)),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [at, slopeBelow, slopeAbove] = saved as [Tensor4D, Tensor, Tensor];
        const ofAbove = gradientOfRelu(tf, dy, at);
        const ofBelow = gradientOfRelu(tf, dy, tf.neg(at));
        const ofInput = tf.add(tf.mul(ofAbove, slopeAbove), tf.mul(ofBelow, slopeBelow));
        return [ofInput, columnSums(tf, tf.mul(ofBelow, at)), columnSums(tf, tf.mul(ofAbove, at))];
      },
    };
  });
  return operation(x, negative, positive) as Tensor4D;
}
