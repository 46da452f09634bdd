import { type InputNode, SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import { openImageSample } from '../data/image-sample.js';
import { readInputArray } from '../input-array.js';

/** Few, so that a default run stays short: the reference takes about a second for a ResNet-18 image. */
export const DEFAULT_IMAGES = 20;

interface InputOptions {
  readonly images?: string;
  readonly input?: string;
  readonly limit?: number;
}

/** The inputs on which a model is verified. */
export interface VerifyInputs {
  readonly name: string;
  /** How many inputs are compared, and how many there are. */
  readonly count: number;
  /** @returns undefined for an image that can't be decoded. */
  read(index: number): Promise<Uint8Array | Float32Array | undefined>;
  end(): void;
  readonly total: number;
}

/**
 * Takes inputs from an array or from images, or makes random ones, the same each time.
 *
 * @throws {SignwaveError} `E_NPY`, `E_DATA`
 */
export async function openVerifyInputs(model: Model, input: InputNode, options: InputOptions): Promise<VerifyInputs> {
  const { height, width, channels, recipe } = input;
  if (options.input !== undefined) {
    const array = await readInputArray(model, options.input);
    if (array.count === 0)
      throw new SignwaveError('E_NPY', `${options.input}: it holds no inputs; expected at least one`);
    const compared = Math.min(options.limit ?? array.count, array.count);
    return {
      name: options.input,
      count: compared,
      total: array.count,
      read: async (n) => array.read(n),
      end: () => {},
    };
  }
  if (options.images !== undefined && recipe) {
    const sample = await openImageSample(options.images, { limit: options.limit ?? DEFAULT_IMAGES, input });
    return {
      name: sample.name,
      count: sample.count,
      total: sample.count,
      read: async (index) => {
        const item = await sample.read(index);
        return item && prepareImage(item.image, recipe, height, width);
      },
      end: sample.end,
    };
  }
  const size = height * width * channels;
  const random = seededBytes(1);
  return {
    name: `random ${recipe ? 'bytes' : 'floats'} for ${model.metadata.name}`,
    count: options.limit ?? DEFAULT_IMAGES,
    total: options.limit ?? DEFAULT_IMAGES,
    read: async () =>
      recipe ? Uint8Array.from({ length: size }, random) : Float32Array.from({ length: size }, () => random() / 64 - 2),
    end: () => {},
  };
}

/** Bytes from a linear congruential generator with the constants of Numerical Recipes: the same on every machine. */
function seededBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
