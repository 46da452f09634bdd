import type { Architecture } from '@signwave/convert';
import { expectedTensors } from '../../convert/src/models/architecture.js';
import type { FloatTensor } from '../../convert/test/checkpoints/build-safetensors.js';

/** Gives seeded uniform numbers from 0 to 1 (Numerical Recipes' generator). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Makes a state dict for an architecture: random latent weights, and batch norms and scales that keep activations near 1. */
export function randomState(architecture: Architecture, classes: number, seed: number): Map<string, FloatTensor> {
  const random = seededRandom(seed);
  const state = new Map<string, FloatTensor>();
  for (const [name, { shapes, isOptional }] of expectedTensors(architecture, classes)) {
    if (isOptional) continue;
    const shape = shapes[0]!;
    const count = shape.reduce((product, side) => product * side, 1);
    const fanIn = count / (shape[0] ?? 1);
    const values = Float32Array.from({ length: count }, () => {
      const centred = random() * 2 - 1;
      if (name.endsWith('.running_var')) return 1 + centred / 2;
      if (name.endsWith('.alpha')) return 0.05 + centred / 50;
      if (shape.length === 4) return centred * Math.sqrt(3 / fanIn);
      return name.endsWith('.weight') && shape.length === 1 ? 1 + centred / 2 : centred / 2;
    });
    state.set(name, { shape, values });
  }
  return state;
}

/**
 * Copies a state dict with dead channels, such as weight decay causes: gamma and beta are 0 in some channels of every batch norm whose
 * name matches.
 */
export function withDeadChannels(
  state: ReadonlyMap<string, FloatTensor>,
  norms: RegExp,
  part: number,
  seed: number,
): Map<string, FloatTensor> {
  const random = seededRandom(seed);
  const dead = new Map(state);
  for (const name of state.keys()) {
    const norm = name.replace(/\.running_var$/, '');
    if (norm === name || !norms.test(norm)) continue;
    const channels = state.get(name)!.values.map(() => Number(random() >= part));
    for (const field of ['weight', 'bias']) {
      const { shape, values } = state.get(`${norm}.${field}`)!;
      dead.set(`${norm}.${field}`, { shape, values: values.map((value, c) => value * channels[c]! + 0) });
    }
  }
  return dead;
}
