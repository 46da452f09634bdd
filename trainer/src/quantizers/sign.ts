import type { Tensor, Tf } from '../types.js';

/**
 * Twice this exponent takes the smallest subnormal number, 2^-149, above 1.
 */
const HUGE = 2 ** 127;

/**
 * sign(x) with sign(0) = 0, as `torch.sign` has it and with it BiPer's, ReCU's, IR-Net's, ReSTE's and Bi-Real's code.
 *
 * The wasm back end's Sign gives 0 for every |x| < 1.2e-7, so there x is scaled until clipping does it, exactly and
 * for every x; that is also four times as fast (2.1 M elements: 3 to 5 ms against 13).
 */
export function sign<T extends Tensor>(tf: Tf, x: T): T {
  if (tf.getBackend() !== 'wasm') return tf.sign(x);
  return tf.tidy(() => tf.clipByValue(tf.mul(tf.mul(x, HUGE), HUGE), -1, 1)) as T;
}

/** sign(x) with sign(0) = +1: equation 1 of BiPer's paper, BNN, XNOR-Net, DoReFa, DSQ, and what a packed model computes. */
export function signOrPlus<T extends Tensor>(tf: Tf, x: T): T {
  if (tf.getBackend() !== 'wasm') return tf.tidy(() => tf.sign(tf.add(tf.sign(x), 0.5))) as T;
  return tf.tidy(() => tf.clipByValue(tf.add(tf.mul(tf.mul(x, HUGE), HUGE), 1), -1, 1)) as T;
}
