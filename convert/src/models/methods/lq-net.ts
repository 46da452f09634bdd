import { SignwaveError } from '@signwave/format';
import type { ActivationLevels } from '../level-sums.js';
import type { WeightRule } from '../weight-rules.js';
import type { TrainedLayer } from './trained-layer.js';

// methods/lq-net.ts — layers of LQ-Nets that signwave's own trainer made (trainer/src/methods/lq-net.ts). Its levels are buffers, `basis`.

/** +-v for each filter, + where a weight is above 0. */
export function lqNetWeights({ g, name, filters }: TrainedLayer): WeightRule {
  const scale = g.state.take(`${name}.basis`, [1, filters]);
  g.state.skip(`${name}.steps`, [[]]);
  return ({ values }) => ({ signs: values.map((w) => (w > 0 ? 1 : -1)), scale });
}

/**
 * 0 and v, one for the layer.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` if v is not above 0.
 */
export function lqNetLevels({ g, name }: TrainedLayer): ActivationLevels {
  const tensor = `${name}.activation_basis`;
  const top = g.state.take(tensor, [1, 1])[0]!;
  g.state.skip(`${name}.activation_steps`, [[]]);
  if (!(top > 0)) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `tensor "${tensor}" holds ${top}, expected a number above 0: it is the upper of two levels, 0 being the other`,
    );
  }
  return { thresholds: [Math.fround(top / 2)], top, atThreshold: 'lower' };
}
