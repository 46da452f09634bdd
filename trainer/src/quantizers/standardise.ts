import type { Tensor, Tensor4D, Tf } from '../types.js';

/** Latent weights (O, I, kh, kw) less each filter's mean over (I, kh, kw). */
export function centred(tf: Tf, w: Tensor4D): Tensor4D {
  return tf.sub(w, tf.mean(w, [1, 2, 3], true));
}

/** Variance over (I, kh, kw) with n - 1 in the denominator, like `torch.var` and `torch.std`; (O, 1, 1, 1). */
export function unbiasedVariance(tf: Tf, centredWeights: Tensor4D): Tensor {
  const [filters] = centredWeights.shape;
  const weightsPerFilter = centredWeights.size / filters;
  return tf.div(tf.sum(tf.square(centredWeights), [1, 2, 3], true), weightsPerFilter - 1);
}
