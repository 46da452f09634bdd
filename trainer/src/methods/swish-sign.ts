import { estimator } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { QuantizerOptions } from '../quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import { larqPreset, larqStyle } from './larq.js';
import type { Method } from './method.js';

/**
 * `SwishSign` of larq (larq/larq, larq/quantizers.py), which is the estimator of BNN+ (Darabi et al. 2018, arXiv:1812.11800), for weights and
 * activations alike:
 *
 *   q = sign(x), sign(0) = +1;   dL/dx = dL/dq beta (2 - beta x tanh(beta x / 2)) / (1 + cosh(beta x))
 */
const quantize = (tf: Tf, { options }: QuantizerOptions): ((x: Tensor4D) => Tensor4D) => {
  const { beta } = options as { readonly beta: number };
  return estimator(
    tf,
    (x: Tensor4D) => signOrPlus(tf, x),
    (x) => slope(tf, x, beta),
  );
};

/**
 * With u = |beta x| and s = 1/(1 + e^u), 1/(1 + cosh u) is 2 s (1 - s) and tanh(u / 2) is 1 - 2 s. So cosh, which overflows from u = 89 on,
 * isn't needed, nor is tanh, which takes long on wasm.
 */
function slope(tf: Tf, x: Tensor, beta: number): Tensor {
  const u = tf.abs(tf.mul(x, beta));
  const s = tf.sigmoid(tf.neg(u));
  const bend = tf.sub(2, tf.mul(u, tf.sub(1, tf.mul(s, 2))));
  return tf.mul(tf.mul(tf.mul(s, tf.sub(1, s)), 2 * beta), bend);
}

/** larq has the quantizer and no network with it: network and recipe are those of `ste-sign`. */
export const swishSign: Method = {
  title: 'SwishSign of larq, the estimator of BNN+ (Darabi et al., 2018)',
  evidence: 'code',
  source: 'github.com/larq/larq at fe3ce52',
  weights: quantize,
  activations: quantize,
  scale: 'none',
  options: { beta: { default: 5, min: 0.1, max: 100 } },
  families: ['quicknet'],
  style: larqStyle,
  preset: larqPreset,
};
