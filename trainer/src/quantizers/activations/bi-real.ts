import type { Tensor4D } from '../../types.js';
import { estimator } from '../estimator.js';
import { sign } from '../sign.js';
import type { MakeActivationQuantizer } from '../types.js';
import { triangle } from './triangle.js';

/**
 * Bi-Real Net (Liu et al., ECCV 2018), its piecewise polynomial; sign(0) = 0 as in its code (liuzechun/Bi-Real-net,
 * pytorch_implementation/BiReal18_34/birealnet.py, `BinaryActivation`):
 *
 *   aq = sign(a);   dL/da = dL/daq * (2 + 2a on [-1, 0), 2 - 2a on [0, 1), else 0)
 */
export const biRealActivations: MakeActivationQuantizer = (tf) =>
  estimator(
    tf,
    (a: Tensor4D) => sign(tf, a),
    (a) => triangle(tf, a),
  );
