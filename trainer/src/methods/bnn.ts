import { clippedSte } from '../quantizers/clipped-ste.js';
import { estimator } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor4D } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * Binarized Neural Networks (Courbariaux, Hubara, Soudry, El-Yaniv, Bengio 2016, arXiv:1602.02830), equations 1 and 4:
 *
 *   wq = sign(w), sign(0) = +1;   dL/dw = dL/dwq where |w| <= 1, else 0
 *
 * The authors' code (MatthieuCourbariaux/BinaryNet, Train-time/binary_net.py: `binarization`, `clipping_scaling`; itayhubara/BinaryNet,
 * Models/BinarySpatialConvolution.lua) has no window: it clips the latent weights to [-1, 1] after each update instead. No optimizer here does
 * that, so a weight that leaves [-1, 1] comes back by weight decay alone.
 */
const weights: MakeWeightQuantizer = (tf) =>
  estimator(
    tf,
    (w: Tensor4D) => signOrPlus(tf, w),
    (w) => within(tf, w, 1),
  );

export const bnn: Method = {
  title: 'BNN (Courbariaux et al., 2016)',
  evidence: 'code',
  source: 'github.com/itayhubara/BinaryNet.pytorch at 80f6d46',
  weights,
  activations: clippedSte,
  scale: 'none',
  style: () => ({}),
  preset: () => oneStage(256, { epochs: 2500, optimizer: 'adam', learningRate: 5e-3 }),
};
