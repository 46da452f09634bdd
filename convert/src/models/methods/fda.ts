import type { Value } from '@signwave/format';
import { type WeightRule, weightRule } from '../weight-rules.js';
import type { TrainedLayer } from './trained-layer.js';

// methods/fda.ts — layers of FDA-BNN that signwave's own trainer made (trainer/src/methods/fda.ts): DoReFa's weights, with torch.sign's 0, and
// noise modules, which only training uses.

export function fdaWeights(layer: TrainedLayer): WeightRule {
  skipNoise(layer, 'weight_noise', layer.taps);
  return weightRule('reste', 0);
}

export function withoutFdaNoise(layer: TrainedLayer, x: Value): Value {
  skipNoise(layer, 'act_noise', layer.g.shapeOf(x).channels);
  return x;
}

/** @param size of the rows that the module has for its input. */
function skipNoise({ g, name }: TrainedLayer, module: 'weight_noise' | 'act_noise', size: number): void {
  const inside = Math.max(1, Math.floor(size / (size < 64 ? 4 : 64)));
  g.state.skip(`${name}.${module}.w1`, [[size, inside]]);
  g.state.skip(`${name}.${module}.w2`, [[inside, size]]);
}
