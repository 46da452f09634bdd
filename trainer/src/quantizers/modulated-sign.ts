import type { Tensor, Tensor4D, Tf } from '../types.js';
import { within } from './window.js';

/**
 * Binary filters of methods that learn one kernel m for a layer and multiply each of its kernels by it, element by element. Forward, only
 * m's mean counts; backward, m itself: with g = dL/dwq,
 *
 *   wq = forward(w, m)
 *   dL/dw = m g where |m w| <= 1, else 0
 *   dL/dm = sum over filters and channels of g w where |m w| <= 1
 *
 * @param forward gives (O, I, kh, kw) from latent weights of that shape and m, (1, 1, kh, kw).
 */
export function modulatedSign(
  tf: Tf,
  forward: (w: Tensor4D, m: Tensor) => Tensor4D,
): (w: Tensor4D, m: Tensor) => Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [w, m, save] = args as unknown as [Tensor4D, Tensor, (tensors: Tensor[]) => void];
    save([w, m]);
    return {
      value: forward(w, m),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [latent, modulation] = saved as [Tensor4D, Tensor];
        const passed = tf.mul(dy, within(tf, tf.mul(latent, modulation), 1));
        return [tf.mul(passed, modulation), kernelSum(tf, tf.mul(passed, latent))];
      },
    };
  });
  return (w, m) => operation(w, m) as Tensor4D;
}

/** Sum over filters and channels of (O, I, kh, kw): gives (1, 1, kh, kw). In two levels, like the sums of maps. */
export function kernelSum(tf: Tf, x: Tensor): Tensor {
  return tf.sum(tf.sum(x, 1, true), 0, true);
}
