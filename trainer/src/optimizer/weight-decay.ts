import type { Parameter } from '../types.js';

/**
 * Which parameters decay:
 *
 * - `all`: every one, as for CIFAR in BiPer's code and most others;
 * - `conv-and-fc`: those with `fc` or `conv` in their name, as for ImageNet in BiPer's code: weights and alpha of the convolutions and the
 *   classifier, not batch norm, not `downsample.0.weight`;
 * - `weights`: filters and matrices alone, no vector;
 * - `not-binary`: all but the latent weights of binary layers.
 */
export const DECAY_RULES = ['all', 'conv-and-fc', 'weights', 'not-binary'] as const;
export type WeightDecayRule = (typeof DECAY_RULES)[number];

export function decays(rule: WeightDecayRule, { name, variable, isLatent = false }: Parameter): boolean {
  switch (rule) {
    case 'all':
      return true;
    case 'conv-and-fc':
      return /fc|conv/.test(name);
    case 'weights':
      return name.endsWith('.weight') && variable.shape.length > 1;
    case 'not-binary':
      return !isLatent;
  }
}
