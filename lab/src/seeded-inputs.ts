import type { RasterImage } from '@signwave/data';
import { type Graph, type InputNode, isIntegerConv } from '@signwave/format';
import type { Images } from './image-sample.js';

const NOISE_IMAGES = 20;

/**
 * A linear congruential generator with the constants of Numerical Recipes, which gives the same words on every machine and in every run.
 * Use the high bits; the low ones are hardly random.
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

/** Makes an input for a model: bytes if it has a recipe, otherwise floats like those of {@link randomFloats}. */
export function randomInput(input: InputNode, seed: number): Uint8Array | Float32Array {
  const length = sizeOf(input);
  if (input.recipe) return Uint8Array.from({ length }, seededBytes(seed));
  const next = seededWords(seed);
  return Float32Array.from({ length }, () => next() / 2 ** 30 - 2);
}

/**
 * Makes a preprocessed input (H, W, C): floats from -2 to 2, the range of a normalised image, or whole numbers if the first convolution
 * takes those.
 */
export function randomFloats(graph: Graph, seed: number): Float32Array {
  const length = sizeOf(graph.nodes[0] as InputNode);
  const isWhole = graph.nodes.some((node) => isIntegerConv(graph, node));
  const next = seededWords(seed);
  return Float32Array.from({ length }, () => (isWhole ? (next() >>> 24) - 128 : next() / 2 ** 30 - 2));
}

/** Returns a function that makes another input for a model at each call: bytes if it has a recipe, otherwise floats from -2 to 2. */
export function randomInputs(input: InputNode): () => Uint8Array | Float32Array {
  const next = seededBytes(1);
  const length = sizeOf(input);
  return () =>
    input.recipe ? Uint8Array.from({ length }, next) : Float32Array.from({ length }, () => next() / 64 - 2);
}

/** Makes images of random bytes, to measure a network when no pictures are given. @param limit maximum number of images. */
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
