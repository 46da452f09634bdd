import type { Tensor, Tensor4D, Tf } from '../types.js';

/**
 * The output scale of BiPer's paper for each of the O output channels, from the layer's latent weights:
 *
 *   gamma = E|sin(omega0 w)|        equation 18; the scale of the signs with which their quantization error is least (equation 15)
 *
 * The expectation is over the distribution of the layer's latent weights, so here it is the mean over all of them: one number, O times.
 *
 * @returns (O, 1, 1), the shape of alpha in the authors' code.
 */
export function waveScale(tf: Tf, weights: Tensor4D, omega0: number): Tensor {
  return tf.tidy(() => {
    const gamma = tf.mean(tf.abs(tf.sin(tf.mul(weights, omega0))));
    return tf.mul(tf.ones([weights.shape[0], 1, 1]), gamma);
  });
}
