import type { Tensor4D } from '../../types.js';
import { estimator } from '../estimator.js';
import { sign } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';

/**
 * BiPer (Vargas, Correa, Hinojosa, Arguello, CVPR 2024), equations 8 to 10:
 *
 *   stage 1   wq = sin(omega0 w)
 *   stage 2   wq = sign(sin(omega0 w))
 *   both      dL/dw = dL/dwq * omega0 cos(omega0 w)
 *
 * sign(0) = 0 as in the authors' code (`BinarizeConv2d`); only a weight of exactly 0 meets it.
 */
export const biper: MakeWeightQuantizer = (tf, { omega0 }) => {
  const wave = (w: Tensor4D): Tensor4D => tf.sin(tf.mul(w, omega0));
  const derivative = (w: Tensor4D): Tensor4D => tf.mul(tf.cos(tf.mul(w, omega0)), omega0);
  const sine = estimator(tf, wave, derivative);
  const square = estimator(tf, (w: Tensor4D) => sign(tf, wave(w)), derivative);
  return (w, { stage }) => (stage === '1' ? sine(w) : square(w));
};
