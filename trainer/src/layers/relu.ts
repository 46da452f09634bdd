import type { Tensor, Tf } from '../types.js';
import { gradientOfRelu } from './relu-gradient.js';

/** max(x, 0). Its gradient takes one pass where a back end has that; `tf.relu`'s takes two and a step function. */
export function relu<T extends Tensor>(tf: Tf, x: T): T {
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void];
    const value = tf.relu(input);
    // y > 0 exactly where x > 0, and y is kept anyway, as the input of the next operation.
    save([value]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => gradientOfRelu(tf, dy, saved[0]!) };
  });
  return operation(x) as T;
}
