import type { Tensor4D } from '../types.js';
import { estimator } from './estimator.js';
import { signOrPlus } from './sign.js';
import type { MakeActivationQuantizer } from './types.js';
import { within } from './window.js';

/**
 * The clipped straight-through estimator of Binarized Neural Networks (Courbariaux et al. 2016, arXiv:1602.02830), equations 1 and 4:
 *
 *   aq = sign(a), sign(0) = +1;   dL/da = dL/daq where |a| <= 1, else 0
 *
 * It is `binary_tanh_unit` of their Theano code (MatthieuCourbariaux/BinaryNet, Train-time/binary_net.py), 2 round((clip(a, -1, 1) + 1)/2) - 1
 * with a half rounded up. Their Torch code (itayhubara/BinaryNet, Models/BinarizedNeurons.lua) gives 0 to 0.
 */
export const clippedSte: MakeActivationQuantizer = (tf) =>
  estimator(
    tf,
    (a: Tensor4D) => signOrPlus(tf, a),
    (a) => within(tf, a, 1),
  );
