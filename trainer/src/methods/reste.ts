import { estimator } from '../quantizers/estimator.js';
import { sign } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import { within } from '../quantizers/window.js';
import type { Tensor4D } from '../types.js';
import { biRealActivations } from './bi-real.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/** Where the gradient ends, where it becomes constant, and the exponent at the end, as in ReSTE's code and arguments. */
const TRUNCATION = 1.5;
const CORE = 0.1;
const FINAL_EXPONENT = 3;

/**
 * ReSTE (Wu, Zheng, Liu, Zheng, Zheng, ICCV 2023), its code (DravenALG/ReSTE, model/binary_module/binarized_modules.py, `Binary_ReSTE`):
 *
 *   wq = sign(w) E|w|, one scale for the whole layer, sign(0) = 0
 *   d sign(w)/dw = 1/o |w|^((1 - o)/o)   for 0.1 < |w| <= 1.5, the derivative of sign(w) |w|^(1/o)
 *                  0.1^(1/o) / 0.1       for |w| <= 0.1, its secant
 *                  0                     beyond
 *
 * and the gradient also goes through E|w|. o rises from 1 (the straight-through estimator) to 3 by 1 - cos(progress pi/2)
 * (`ReSTE` in main.py, `--o_end 3` in README.md).
 */
const weights: MakeWeightQuantizer =
  (tf) =>
  (w, { progress }) => {
    const o = 1 + (1 - Math.cos((progress * Math.PI) / 2)) * (FINAL_EXPONENT - 1);
    const binarize = estimator(
      tf,
      (x: Tensor4D) => sign(tf, x),
      (x) => {
        // The power is replaced inside the core, so it may be taken at the core's edge there; that avoids 0 to a negative power.
        const power = tf.mul(tf.pow(tf.maximum(tf.abs(x), CORE), (1 - o) / o), 1 / o);
        const core = within(tf, x, CORE);
        const slope = tf.add(tf.mul(power, tf.sub(1, core)), tf.mul(core, CORE ** (1 / o) / CORE));
        return tf.mul(slope, within(tf, x, TRUNCATION));
      },
    );
    return tf.mul(binarize(w), tf.mean(tf.abs(w)));
  };

export const reste: Method = {
  title: 'ReSTE (Wu et al., ICCV 2023)',
  evidence: 'code',
  source: 'github.com/DravenALG/ReSTE at 0d3c36a',
  weights,
  activations: biRealActivations,
  scale: 'none',
  style: () => ({}),
  preset: () => oneStage(256, { epochs: 1000, learningRate: 0.1, weightDecay: 1e-4, warmUpEpochs: 5 }),
};
