import type { Tensor4D } from '../../types.js';
import { estimator } from '../estimator.js';
import { signOrPlus } from '../sign.js';
import type { MakeWeightQuantizer } from '../types.js';
import { within } from '../window.js';

/**
 * Binarized Neural Networks (Courbariaux, Hubara, Soudry, El-Yaniv, Bengio 2016), equations 1 and 4:
 *
 *   wq = sign(w), sign(0) = +1;   dL/dw = dL/dwq where |w| <= 1, else 0
 */
export const bnn: MakeWeightQuantizer = (tf) =>
  estimator(
    tf,
    (w: Tensor4D) => signOrPlus(tf, w),
    (w) => within(tf, w, 1),
  );
