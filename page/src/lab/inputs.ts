import type { InputNode } from '@signwave/runtime';

/**
 * A random input from a linear congruential generator: bytes for models with a recipe, else floats from -2 to 2, like a normalised image.
 */
export function randomInput({ height, width, channels, recipe }: InputNode, seed: number): Uint8Array | Float32Array {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const length = height * width * channels;
  if (recipe) return Uint8Array.from({ length }, () => next() * 256);
  return Float32Array.from({ length }, () => 4 * next() - 2);
}
