import type { Tensor, Tensor1D, Tensor4D, Tf, Variable } from '../types.js';
import { columnSums } from './sums.js';

/**
 * y[n, h, w, c] = x[n, h, w, c] * scale[c]; dL/dx = dL/dy * scale; dL/dscale = sum over (N, H, W) of dL/dy * x.
 *
 * @param scale (C, 1, 1), the shape of the authors' alpha.
 */
export function scaleChannels(tf: Tf, x: Tensor4D, scale: Tensor): Tensor4D {
  const channels = x.shape[3];
  const operation = tf.customGrad((...args) => {
    const [input, factors, save] = args as unknown as [Tensor4D, Tensor, (tensors: Tensor[]) => void];
    save([input, factors]);
    return {
      value: tf.mul(input, tf.reshape(factors, [channels])),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [savedInput, savedFactors] = saved as [Tensor4D, Tensor];
        return [
          tf.mul(dy, tf.reshape(savedFactors, [channels]) as Tensor1D),
          tf.reshape(columnSums(tf, tf.mul(dy, savedInput)), savedFactors.shape),
        ];
      },
    };
  });
  return operation(x, scale) as Tensor4D;
}

/**
 * y[n, h, w, c] = x[n, h, w, c] + shift[c]. The gradient of TensorFlow.js's own addition sums over (N, H, W) by a kernel that first
 * transposes the map.
 *
 * @param shift (C), or (1, C, 1, 1), the shape of ReActNet's.
 */
export function shiftChannels(tf: Tf, x: Tensor4D, shift: Variable): Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [input, terms] = args as unknown as [Tensor4D, Tensor];
    return {
      value: tf.add(input, tf.reshape(terms, [x.shape[3]])),
      gradFunc: (dy: Tensor) => [tf.clone(dy), tf.reshape(columnSums(tf, dy), shift.shape)],
    };
  });
  return operation(x, shift) as Tensor4D;
}
