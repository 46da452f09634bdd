import type { Scalar, Tensor, Tf, Variable } from '../types.js';

/**
 * mean(sin(omega0 w)^2), the authors' regulariser of one layer, which they write mean(1/2 - cos(2 omega0 w)/2); its gradient is
 * omega0 sin(2 omega0 w) / n. It pulls sin(omega0 w) towards 0: a periodic weight decay.
 */
export function waveRegulariser(tf: Tf, weight: Variable, omega0: number): Scalar {
  const operation = tf.customGrad((...args) => {
    const [w, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void];
    save([w]);
    return {
      value: tf.mean(tf.square(tf.sin(tf.mul(w, omega0)))) as Scalar,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [latent] = saved as [Tensor];
        return tf.mul(tf.sin(tf.mul(latent, 2 * omega0)), tf.mul(dy, omega0 / latent.size));
      },
    };
  });
  return operation(weight) as Scalar;
}
