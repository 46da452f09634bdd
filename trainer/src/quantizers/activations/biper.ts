import type { Tensor4D } from '../../types.js';
import { estimator } from '../estimator.js';
import { signOrPlus } from '../sign.js';
import type { MakeActivationQuantizer } from '../types.js';
import { triangle } from './triangle.js';

/**
 * BiPer's paper, equations 1 and 7: Bi-Real's gradient, and sign(0) = +1 as in a packed model.
 *
 *   aq = sign(a), sign(0) = +1;   dL/da = dL/daq * max(0, 2 - 2|a|)
 */
export const biperActivations: MakeActivationQuantizer = (tf) =>
  estimator(
    tf,
    (a: Tensor4D) => signOrPlus(tf, a),
    (a) => triangle(tf, a),
  );
