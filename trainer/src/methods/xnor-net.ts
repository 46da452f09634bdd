import { gradientOfRelu } from '../layers/relu-gradient.js';
import { clippedSte } from '../quantizers/clipped-ste.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * XNOR-Net (Rastegari, Ordonez, Redmon, Farhadi, ECCV 2016, section 3.1), for each of the O filters, n = I kh kw weights:
 *
 *   wq = A sign(w), A = mean |w|, sign(0) = +1
 *   dL/dw_i = A dL/dwq_i [|w_i| < 1]  +  sign(w_i) / n * sum over j of sign(w_j) dL/dwq_j
 *
 * The second term is the derivative of A. The paper prints only its term j = i, (1/n + A dsign) dL/dwq_i, and so does its code
 * (allenai/XNOR-Net, util.lua: `updateBinaryGradWeight`, whose window is open as here). The whole sum is the true derivative, and is what a
 * PyTorch version by others computes (jiecaoyu/XNOR-Net-PyTorch, CIFAR_10/util.py, window closed).
 *
 * Some of what both codes do is left out because the paper's equations don't have it: before each step they subtract the mean over I from
 * the latent weights and clip them to [-1, 1], and they multiply the gradient by 1 - 1/I for that, and by n. Their sign(0) is 0.
 */
const weights: MakeWeightQuantizer = (tf) => {
  const operation = tf.customGrad((x, save) => {
    const w = x as Tensor4D;
    (save as (tensors: Tensor[]) => void)([w]);
    const scaleOf = (of: Tensor): Tensor => tf.mean(tf.abs(of), [1, 2, 3], true);
    return {
      value: tf.mul(signOrPlus(tf, w), scaleOf(w)) as Tensor4D,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const latent = saved[0] as Tensor4D;
        const signs = signOrPlus(tf, latent);
        const ofScale = tf.mul(signs, tf.mean(tf.mul(signs, dy), [1, 2, 3], true));
        const scaled = tf.mul(dy, scaleOf(latent));
        return tf.add(gradientOfRelu(tf, scaled, tf.sub(1, tf.abs(latent))), ofScale);
      },
    };
  });
  return (w) => operation(w) as Tensor4D;
};

export const xnorNet: Method = {
  title: 'XNOR-Net (Rastegari et al., ECCV 2016)',
  evidence: 'code',
  source: 'github.com/jiecaoyu/XNOR-Net-PyTorch at ebccb50',
  weights,
  activations: clippedSte,
  scale: 'none',
  style: () => ({}),
  preset: () => oneStage(128, { epochs: 319, optimizer: 'adam', learningRate: 0.01, weightDecay: 1e-5 }),
};
