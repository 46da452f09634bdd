import { sum, type WeightRule, weightRule } from '../weight-rules.js';
import type { TrainedLayer } from './trained-layer.js';

// methods/modulated.ts — layers of PCNN and BONN that signwave's own trainer made (trainer/src/methods/pcnn.ts, bonn.ts). Each learns a kernel,
// whose mean is in the weights. What the authors publish are the products.

/** sign(mean(projection) w), times the mean magnitude of the layer's weights. */
export function pcnnWeights({ g, name, kernel }: TrainedLayer): WeightRule {
  const direction = Math.sign(sum(g.state.take(`${name}.projection`, [1, 1, kernel, kernel])));
  return (latent) => {
    const { signs, ...scale } = weightRule('reste', 0)(latent);
    return { signs: signs.map((w) => direction * w), ...scale };
  };
}

/** sign(w), times the mean of the modulation. */
export function bonnWeights({ g, name, filters, kernel }: TrainedLayer): WeightRule {
  const modulation = g.state.take(`${name}.modulation`, [1, 1, kernel, kernel]);
  for (const part of ['mu', 'sigma']) g.state.skip(`${name}.${part}`, [[filters, 1, 1, 1]]);
  const scale = new Float32Array(filters).fill(sum(modulation) / modulation.length);
  return ({ values }) => ({ signs: values, scale });
}
