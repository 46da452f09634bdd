import type { MethodConv } from '../residual-block.js';
import { rotatedSign, rotationSides, type WeightRule } from '../weight-rules.js';
import type { TrainedLayer } from './trained-layer.js';

/** Why networks that were trained with `--a32` aren't packed, as an architecture's `refusesA32`. */
export const RBNN_A32 =
  'its activations are floats then, divided by their deviation in each image, and no operation of a .sgnw file does that';

/**
 * `BinarizeConv2d` of github.com/lmbxmu/RBNN (modules/binarized_modules.py) in evaluation: activations are compared with their mean over the
 * whole map of the sample (the division by their deviation changes no sign), rotated weights with 0; then the learned scale alpha.
 */
export const rbnnConv: MethodConv = (g, x, name, options) => {
  const { outChannels, kernel = 3 } = options;
  const taps = g.shapeOf(x).channels * kernel * kernel;
  const weights = rbnnWeights({ g, name, filters: outChannels, kernel, taps });
  const y = g.binaryConv(g.sampleMean(x), name, { ...options, weights });
  return g.learnedScale(y, `${name}.alpha`, [outChannels, 1, 1]);
};

/** Signs of rotated weights, with the layer's own rotation. */
export function rbnnWeights({ g, name, filters, taps }: TrainedLayer): WeightRule {
  const [rows, columns] = rotationSides(taps);
  const angle = g.state.take(`${name}.rotate`, [filters, 1, 1, 1]);
  const left = g.state.take(`${name}.R1`, [rows, rows]);
  const right = g.state.take(`${name}.R2`, [columns, columns]);
  return rotatedSign({ angle, left, right });
}
