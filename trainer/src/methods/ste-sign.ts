import { estimator } from '../quantizers/estimator.js';
import { signOrPlus } from '../quantizers/sign.js';
import type { QuantizerOptions } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor4D, Tf } from '../types.js';
import { larqPreset, larqStyle } from './larq.js';
import type { Method } from './method.js';

/**
 * `SteSign` of larq (larq/larq, larq/quantizers.py), for weights and activations alike:
 *
 *   q = sign(x), sign(0) = +1;   dL/dx = dL/dq where |x| <= clipValue, else 0
 *
 * It is the estimator of Binarized Neural Networks with the window as a value: 1 unless larq's networks say otherwise.
 */
const quantize = (tf: Tf, { options }: QuantizerOptions): ((x: Tensor4D) => Tensor4D) => {
  const { clipValue } = options as { readonly clipValue: number };
  return estimator(
    tf,
    (x: Tensor4D) => signOrPlus(tf, x),
    (x) => within(tf, x, clipValue),
  );
};

export const steSign: Method = {
  title: 'SteSign of larq (Geiger et al., 2020)',
  evidence: 'code',
  source: 'github.com/larq/larq at fe3ce52 and github.com/larq/zoo at 77c5853',
  weights: quantize,
  activations: quantize,
  scale: 'none',
  // 1.25 in larq's QuickNet and ResNet-E, 1 where nothing is said.
  options: { clipValue: { default: ({ family }) => (family === 'vgg-small' ? 1 : 1.25), min: 0.01, max: 1000 } },
  families: ['quicknet'],
  style: larqStyle,
  preset: larqPreset,
};
