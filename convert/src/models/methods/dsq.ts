import type { Value } from '@signwave/format';
import type { NetworkBuilder } from '../network-builder.js';
import type { LevelledMap, TwoLevels } from '../two-level-sums.js';
import type { LatentWeights } from '../weight-rules.js';

// methods/dsq.ts — the two levels that a layer of piecewise DSQ learned for its weights and for its input (trainer/src/methods/dsq.ts):
//
//   u where x >= m, else l = (u - l)/2 s + (u + l)/2,   m = (l + u)/2, computed in float32 as in training,   s = +1 where x >= m, else -1

/** Whether a layer learned its levels; otherwise they are -1 and +1. */
export function isPiecewise({ variant }: Readonly<Record<string, unknown>>): boolean {
  return variant === 'piecewise';
}

/** Declares what only the gradient depends on. Networks of versions that learned nothing of it lack it. */
export function skipSoftness(g: NetworkBuilder, name: string, suffix: 'W' | 'A'): void {
  g.state.skip(`${name}.alpha${suffix}`, [[]], { isOptional: true });
}

/** @returns the layer's weights from its latent ones. */
export function dsqWeights(g: NetworkBuilder, name: string): (latent: LatentWeights) => TwoLevels {
  const { middle, distance, centre } = levels(g, name, 'W');
  return ({ values, shape: [filters] }) => ({
    signs: values.map((w) => (w >= middle ? 1 : -1)),
    distance: new Float32Array(filters).fill(distance),
    centre: new Float32Array(filters).fill(centre),
  });
}

export function dsqActivations(g: NetworkBuilder, x: Value, name: string): LevelledMap {
  const { middle, distance, centre } = levels(g, name, 'A');
  const threshold = new Float32Array(g.shapeOf(x).channels).fill(middle);
  return { maps: [g.sign(x, { threshold, sourceZeroRule: 'plus' })], distance, centre };
}

function levels(
  g: NetworkBuilder,
  name: string,
  suffix: 'W' | 'A',
): { middle: number; distance: number; centre: number } {
  const [lower] = g.state.take(`${name}.l${suffix}`, []) as unknown as [number];
  const [upper] = g.state.take(`${name}.u${suffix}`, []) as unknown as [number];
  return {
    middle: Math.fround(Math.fround(lower + upper) * 0.5),
    distance: (upper - lower) / 2,
    centre: (upper + lower) / 2,
  };
}
