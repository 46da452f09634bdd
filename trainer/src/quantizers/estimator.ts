import type { Tensor, Tf } from '../types.js';

/**
 * An element-wise function whose gradient is not its derivative: forward(x), and dL/dx = dL/dy * derivative(x).
 *
 * @param fused dL/dx in one pass; where it returns undefined, the back end doesn't have that.
 */
export function estimator<T extends Tensor>(
  tf: Tf,
  forward: (x: T) => T,
  derivative: (x: T) => Tensor,
  fused?: (dy: Tensor, x: T) => Tensor | undefined,
): (x: T) => T {
  const operation = tf.customGrad((x, save) => {
    (save as (tensors: Tensor[]) => void)([x as T]);
    return {
      value: forward(x as T),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const at = saved[0] as T;
        return fused?.(dy, at) ?? tf.mul(dy, derivative(at));
      },
    };
  });
  return (x) => operation(x) as T;
}

/** Like {@link estimator}, but with dL/dx = dL/dy: the straight-through estimator without a window. */
export function straightThrough<T extends Tensor>(tf: Tf, forward: (x: T) => T): (x: T) => T {
  const operation = tf.customGrad((x) => ({ value: forward(x as T), gradFunc: (dy: Tensor) => dy.clone() }));
  return (x) => operation(x) as T;
}
