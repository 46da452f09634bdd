import { runFused } from '../layers/fused.js';
import { imageSums } from '../layers/sums.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import { sign } from './sign.js';

/** The name under which a back end registers the gradient if it has it in one pass. Inputs: `dy` and `a`. */
export const SCALED_SIGN_GRADIENT = 'SignwaveScaledSignGrad';

/** The authors' epsilon. */
const EPSILON = 1e-5;

/**
 * BiPer's and ReCU's code (`BinarizeConv2d`, `BinaryQuantize_a`): in training each image is divided by its own standard deviation first.
 * That changes no sign, only where the triangle of the gradient lies. With K = C H W elements of one image, v their variance
 * (K - 1 in the denominator), m their mean and r = 1/sqrt(v + 1e-5):
 *
 *   aq = sign(r a) = sign(a), sign(0) = 0
 *   h = dL/daq * max(0, 2 - 2|r a|) * r                         through the sign, then through a in r a
 *   dL/da = h - (a - m) r^2 / (K - 1) * sum over the image of h a     and through a in r: dr/da = -r^3 (a - m) / (K - 1)
 *
 * In evaluation just sign(a).
 */
export function perSampleScaled(tf: Tf): (a: Tensor4D, training: boolean) => Tensor4D {
  const operation = tf.customGrad((x, save) => {
    (save as (tensors: Tensor[]) => void)([x as Tensor]);
    return {
      value: sign(tf, x as Tensor4D),
      gradFunc: (dy: Tensor, saved: Tensor[]) => perSampleGradient(tf, dy, saved[0]!),
    };
  });
  return (a, training) => (training ? (operation(a) as Tensor4D) : sign(tf, a));
}

/**
 * The gradient for maps (N, H, W, C); values of a whole image are (N, 1, 1, 1). With the deviation d = 1/r, the window is 2 r max(0, d -
 * |a|). Factors that both terms share are multiplied last, which takes few passes over the maps.
 */
function perSampleGradient(tf: Tf, dy: Tensor, a: Tensor): Tensor {
  const fused = runFused(tf, SCALED_SIGN_GRADIENT, { dy, a });
  if (fused) return fused;
  const images = a.shape[0]!;
  const elements = a.size / images;
  const perImage = (x: Tensor): Tensor => tf.reshape(x, [images, 1, 1, 1]);
  const mean = tf.div(perImage(imageSums(tf, a)), elements);
  const centred = tf.sub(a, mean);
  const variance = tf.div(perImage(imageSums(tf, tf.square(centred))), elements - 1);
  const squared = tf.reciprocal(tf.add(variance, EPSILON));
  const window = tf.relu(tf.sub(tf.sqrt(tf.add(variance, EPSILON)), tf.abs(a)));
  const h = tf.mul(dy, window);
  const throughDeviation = tf.mul(tf.div(squared, elements - 1), perImage(imageSums(tf, tf.mul(h, a))));
  return tf.mul(tf.sub(h, tf.mul(centred, throughDeviation)), tf.mul(squared, 2));
}
