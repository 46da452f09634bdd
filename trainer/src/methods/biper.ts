import { waveRegulariser } from '../layers/wave-regulariser.js';
import { estimator } from '../quantizers/estimator.js';
import { sign, signOrPlus } from '../quantizers/sign.js';
import { triangleEstimator } from '../quantizers/triangle.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor4D } from '../types.js';
import { biperPreset } from './biper-preset.js';
import type { Method } from './method.js';

/**
 * BiPer (Vargas, Correa, Hinojosa, Arguello, CVPR 2024), equations 8 to 10:
 *
 *   stage 1   wq = sin(omega0 w)
 *   stage 2   wq = sign(sin(omega0 w))
 *   both      dL/dw = dL/dwq * omega0 cos(omega0 w)
 *
 * sign(0) = 0 as in the authors' code (`BinarizeConv2d`); only a weight of exactly 0 meets it.
 */
const weights: MakeWeightQuantizer = (tf, { omega0 }, layer) => {
  layer.loss(() => waveRegulariser(tf, layer.weight, omega0));
  const wave = (w: Tensor4D): Tensor4D => tf.sin(tf.mul(w, omega0));
  const derivative = (w: Tensor4D): Tensor4D => tf.mul(tf.cos(tf.mul(w, omega0)), omega0);
  const sine = estimator(tf, wave, derivative);
  const square = estimator(tf, (w: Tensor4D) => sign(tf, wave(w)), derivative);
  return (w, { stage }) => (stage === '1' ? sine(w) : square(w));
};

/**
 * BiPer's paper, equations 1 and 7: Bi-Real's gradient, and sign(0) = +1 as in a packed model.
 *
 *   aq = sign(a), sign(0) = +1;   dL/da = dL/daq * max(0, 2 - 2|a|)
 */
const activations: MakeActivationQuantizer = (tf) => triangleEstimator(tf, (a: Tensor4D) => signOrPlus(tf, a));

export const biper: Method = {
  title: 'BiPer (Vargas et al., CVPR 2024)',
  evidence: 'code',
  source: 'github.com/edmav4/BiPer at 0c07fdd',
  weights,
  activations,
  scale: 'uniform',
  hasRelics: true,
  style: () => ({}),
  preset: biperPreset,
  stages: { '1': 'sin(omega0 w)', '2': 'its sign' },
};
