import type { Tensor, Tensor4D, Tf } from '../types.js';

/**
 * The output scale of BiPer's paper for each of the O output channels, from the layer's latent weights:
 *
 *   gamma = E|sin(omega0 w)|        equation 18; of all sign patterns' scales the one with the least quantization error (equation 15)
 *
 * The expectation is over the distribution of the latent weights of the layer, so its mean over all of them is here: one number, O times.
 *
 * @returns (O, 1, 1), as alpha has it in the authors' code.
 */
export function waveScale(tf: Tf, weights: Tensor4D, omega0: number): Tensor {
  return tf.tidy(() => {
    const gamma = tf.mean(tf.abs(tf.sin(tf.mul(weights, omega0))));
    return tf.mul(tf.ones([weights.shape[0], 1, 1]), gamma);
  });
}
