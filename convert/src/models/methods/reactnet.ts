import type { Value } from '@signwave/format';
import type { NetworkBuilder } from '../network-builder.js';

/** RSign, sign(x + bias): a threshold of -bias for each channel. @param name of the `LearnableBias`. */
export function learnedThreshold(g: NetworkBuilder, x: Value, name: string): Float32Array {
  return g.state.take(`${name}.bias`, [1, g.shapeOf(x).channels, 1, 1]).map((bias) => -bias);
}

/** RPReLU: a learned shift, PReLU, a learned shift. @param names of the three modules. */
export function rprelu(g: NetworkBuilder, x: Value, [before, prelu, after]: readonly [string, string, string]): Value {
  const shape = [1, g.shapeOf(x).channels, 1, 1];
  const shifted = g.learnedPrelu(g.learnedBias(x, `${before}.bias`, shape), prelu);
  return g.learnedBias(shifted, `${after}.bias`, shape);
}
