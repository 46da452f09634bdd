import { runFused } from '../layers/fused.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import { estimator } from './estimator.js';

/** The name under which a back end registers the gradient if it has it in one pass. Inputs: `dy` and `a`. */
export const TRIANGLE_GRADIENT = 'SignwaveTriangleGrad';

/**
 * A function of activations with dL/da = dL/dy max(0, 2 - 2|a|): 2 + 2a on [-1, 0), 2 - 2a on [0, 1), the derivative of Bi-Real's piecewise
 * polynomial.
 */
export function triangleEstimator(tf: Tf, forward: (a: Tensor4D) => Tensor4D): (a: Tensor4D) => Tensor4D {
  return estimator(
    tf,
    forward,
    (a) => slope(tf, a),
    (dy, a) => fusedGradient(tf, dy, a),
  );
}

/** dL/da of that. */
export function gradientOfTriangle(tf: Tf, dy: Tensor, a: Tensor): Tensor {
  return fusedGradient(tf, dy, a) ?? tf.mul(dy, slope(tf, a));
}

const slope = (tf: Tf, a: Tensor): Tensor => tf.relu(tf.sub(2, tf.mul(tf.abs(a), 2)));

const fusedGradient = (tf: Tf, dy: Tensor, a: Tensor): Tensor | undefined => runFused(tf, TRIANGLE_GRADIENT, { dy, a });
