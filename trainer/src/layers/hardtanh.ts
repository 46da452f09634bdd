import type { Tensor, Tensor4D, Tf } from '../types.js';
import { runFused } from './fused.js';
import { gradientOfRelu } from './relu-gradient.js';

/** The name under which a back end registers {@link hardtanhOfSum} if it has it in one pass. Inputs: `x` and `z`. */
export const HARDTANH_OF_SUM = 'SignwaveHardtanhOfSum';
/** The same for the gradient of both functions. Inputs: `dy` and `y`. */
export const HARDTANH_GRADIENT = 'SignwaveHardtanhGrad';

/** min(max(x, -1), 1). Its gradient at exactly -1 and 1 is 0, as in PyTorch; `tf.clipByValue` has 1 there. */
export function hardtanh(tf: Tf, x: Tensor4D): Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void];
    const value = tf.clipByValue(input, -1, 1);
    save([value]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => gradientOfHardtanh(tf, dy, saved[0]!) };
  });
  return operation(x) as Tensor4D;
}

/** hardtanh(x + z). Neither the sum nor its terms are kept for the gradient. */
export function hardtanhOfSum(tf: Tf, x: Tensor4D, z: Tensor4D): Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [first, second, save] = args as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void];
    const value = clippedSum(tf, first, second);
    save([value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const gradient = gradientOfHardtanh(tf, dy, saved[0]!);
        // tfjs disposes of a gradient when it adds another to it, so each input gets its own tensor, with the same data.
        return [gradient, tf.clone(gradient)];
      },
    };
  });
  return operation(x, z) as Tensor4D;
}

function clippedSum(tf: Tf, x: Tensor, z: Tensor): Tensor {
  return runFused(tf, HARDTANH_OF_SUM, { x, z }) ?? tf.clipByValue(tf.add(x, z), -1, 1);
}

/** The gradient from the output: |y| < 1 exactly where |x| < 1, and y is kept anyway, as the input of the next operation. */
function gradientOfHardtanh(tf: Tf, dy: Tensor, y: Tensor): Tensor {
  // 1 - |y| is exact near 1.
  return runFused(tf, HARDTANH_GRADIENT, { dy, y }) ?? gradientOfRelu(tf, dy, tf.sub(1, tf.abs(y)));
}
