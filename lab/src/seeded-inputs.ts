import type { RasterImage } from '@signwave/data';
import { type Graph, type InputNode, isIntegerConv } from '@signwave/format';
import type { Images } from './image-sample.js';

const NOISE_IMAGES = 20;

/**
 * Words of a linear congruential generator (the constants are those of Numerical Recipes): the same on every machine and in every run.
 * The high bits are the random ones.
 */
function seededWords(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

function seededBytes(seed: number): () => number {
  const next = seededWords(seed);
  return () => next() >>> 24;
}

const sizeOf = ({ height, width, channels }: InputNode): number => height * width * channels;

/** An input for a model: bytes where it has a recipe, else floats as {@link randomFloats}. */
export function randomInput(input: InputNode, seed: number): Uint8Array | Float32Array {
  const length = sizeOf(input);
  if (input.recipe) return Uint8Array.from({ length }, seededBytes(seed));
  const next = seededWords(seed);
  return Float32Array.from({ length }, () => next() / 2 ** 30 - 2);
}

/** A preprocessed input (H, W, C): floats from -2 to 2, as a normalised image has them, or whole numbers where the first convolution takes such. */
export function randomFloats(graph: Graph, seed: number): Float32Array {
  const length = sizeOf(graph.nodes[0] as InputNode);
  const isWhole = graph.nodes.some((node) => isIntegerConv(graph, node));
  const next = seededWords(seed);
  return Float32Array.from({ length }, () => (isWhole ? (next() >>> 24) - 128 : next() / 2 ** 30 - 2));
}

/** Inputs for a model, as many as are asked for: bytes where it has a recipe, else floats from -2 to 2. */
export function randomInputs(input: InputNode): () => Uint8Array | Float32Array {
  const next = seededBytes(1);
  const length = sizeOf(input);
  return () =>
    input.recipe ? Uint8Array.from({ length }, next) : Float32Array.from({ length }, () => next() / 64 - 2);
}

/** Images of random bytes: for measuring a network where no pictures are given. @param limit images at most. */
export function noiseImages(input: InputNode, limit: number): Images {
  const next = seededBytes(1);
  const { height, width } = input;
  const channels = input.channels as RasterImage['channels'];
  return {
    name: 'noise',
    count: Math.min(NOISE_IMAGES, limit),
    read: async () => ({ image: { width, height, channels, data: Uint8Array.from({ length: sizeOf(input) }, next) } }),
    end: () => {},
  };
}
