import { SignwaveError, type Value } from '@signwave/format';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConv, ResidualStyle } from '../residual-block.js';
import { type LevelledMap, type TwoLevels, twoLevelConv } from '../two-level-sums.js';
import { centred, type LatentWeights, perFilter, sum } from '../weight-rules.js';

/**
 * `AdaBin_Conv2d` of github.com/huawei-noah/Efficient-Computing (BinaryNetworks/AdaBin, utils/binarylib.py). Activations and weights have two
 * levels each, not at -1 and +1.
 */
export const adaBinConv: MethodConv = (g, x, name, options) =>
  twoLevelConv(g, adaBinActivations(g, x, name), name, options, adaBinWeights);

/**
 * The layer's input, with A and B learned, one each for the layer:
 *
 *   activation = |A| s + A B,  s = sign(x - B)
 *
 * A negative A turns s around: hence |A| in the term that has s.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` if A is 0.
 */
export function adaBinActivations(g: NetworkBuilder, x: Value, name: string): LevelledMap {
  const distance = g.state.take(`${name}.binary_a.alpha_a`, [])[0]!;
  const centre = g.state.take(`${name}.binary_a.beta_a`, [])[0]!;
  if (distance === 0) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `tensor "${name}.binary_a.alpha_a" is 0: AdaBin divides by it, so the layer has no output`,
    );
  }
  const threshold = new Float32Array(g.shapeOf(x).channels).fill(centre);
  const signs = g.sign(x, { threshold, sourceZeroRule: 'zero' });
  return { maps: [signs], distance: Math.abs(distance), centre: distance * centre };
}

/** a[o] t + b[o], with signs t. b: mean, a: deviation of the filter's latent weights. */
export function adaBinWeights(latent: LatentWeights): TwoLevels {
  const signs = centred(latent);
  return {
    signs,
    centre: perFilter(latent.values, latent.shape, (filter) => sum(filter) / filter.length),
    distance: perFilter(signs, latent.shape, (filter) => Math.sqrt(sum(filter, (w) => w * w) / filter.length)),
  };
}

/** `Maxout`: on either side of 0, channels have slopes of their own. */
export function maxout(g: NetworkBuilder, x: Value, name: string): Value {
  const { channels } = g.shapeOf(x);
  return g.prelu(x, g.state.take(`${name}.neg_scale`, [channels]), g.state.take(`${name}.pos_scale`, [channels]));
}

/** maxout(bn(x) + shortcut). */
export const adaBinFinish: ResidualStyle['finish'] = (g, x, at, index, shortcut) => {
  const norm = g.batchNorm(x, `${at}bn${index}`);
  return maxout(g, shortcut === undefined ? norm : g.add(norm, shortcut), `${at}nonlinear${index}`);
};
