import type { Tf } from '../types.js';

/**
 * Compute what no gradient flows through. On the tape tfjs would keep a copy of each operand for a gradient that nobody asks for: in a training
 * step of the demo a third of all kernels are such copies.
 *
 * tfjs has no public switch for this; it does the same while it runs the forward function of a `customGrad`.
 */
export function offTape<T>(tf: Tf, compute: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return compute();
  } finally {
    state.kernelDepth--;
  }
}
