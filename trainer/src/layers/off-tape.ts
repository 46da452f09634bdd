import type { Tf } from '../types.js';

/**
 * Compute something that no gradient flows through. On the gradient tape tfjs would keep a copy of each operand for a gradient that nobody
 * asks for; such copies are a third of all kernels in a training step of the demo.
 *
 * tfjs has no public switch for this, but does it while it runs the forward function of a `customGrad`.
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
