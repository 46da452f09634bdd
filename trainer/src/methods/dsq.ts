import { clippedSte } from '../quantizers/clipped-ste.js';
import { estimator } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** How far the soft staircase stays below the hard one: 1 - tanh(k Delta/2). This is the initial value in `DSQConv`. */
const ALPHA = 0.2;
/** Width of the only interval that 1 bit gives between the clips at -1 and +1. */
const DELTA = 2;

/**
 * Differentiable Soft Quantization (Gong, Liu, Jiang, Li, Hu, Lin, Yu, Yan, ICCV 2019) with 1 bit, alpha fixed:
 *
 *   phi(w) = s tanh(k w) on [-1, 1], s = 1/(1 - alpha), k = log(2/alpha - 1) / Delta
 *   wq = sgn(phi(w)) = sign(w), sign(0) = +1
 *   dL/dw = dL/dwq * phi'(w) = dL/dwq * s k (1 - tanh(k w)^2) where |w| <= 1, else 0
 *
 * so that phi(+-1) = +-1. The authors published no code with the paper that we know. Checked against ricky40403/DSQ (DSQConv.py: `phi_function`,
 * `sgn`, `dequantize`), a version by others, which learns alpha and the clips l and u per layer as the paper does, and ModelTC/MQBench
 * (mqbench/fake_quantize/dsq.py), whose alpha is a constant, 0.4. Here all three are constants: l = -1, u = 1. DSQConv.py rounds 0, the middle of
 * the interval, to -1; +1 is what a packed model has.
 */
const weights: MakeWeightQuantizer = (tf) => {
  const s = 1 / (1 - ALPHA);
  const k = Math.log(2 / ALPHA - 1) / DELTA;
  return estimator(
    tf,
    (w: Tensor4D) => signOrPlus(tf, w),
    (w) => tf.mul(tf.mul(tf.sub(1, tf.square(tf.tanh(tf.mul(w, k)))), s * k), within(tf, w, 1)),
  );
};

export const dsq: Method = {
  title: 'DSQ (Gong et al., ICCV 2019)',
  evidence: 'code',
  source: 'arXiv:1908.05033; github.com/ricky40403/DSQ at f06df7f, a version by others',
  weights,
  activations: clippedSte,
  scale: 'none',
  style: () => ({}),
  preset: () => oneStage(128, { epochs: 400, learningRate: 0.1, weightDecay: 1e-4 }),
};
