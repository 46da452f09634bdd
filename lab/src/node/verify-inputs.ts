import type { Remark } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import { randomInputs, type VerifyInputs } from '../index.js';
import { readInputArray } from './input-array.js';
import { openImageSample } from './open-image-sample.js';

/** The reference takes about a second for a ResNet-18 image, so a default run stays short. */
export const DEFAULT_IMAGES = 20;

/** Where inputs come from. At most one of `input` and `images` may be given. */
export interface InputOptions {
  /** An `.npy` file. */
  readonly input?: string;
  /** A data set, as `openImageSample` takes it. */
  readonly images?: string;
  /** Maximum number of inputs; default: all of an array, otherwise {@link DEFAULT_IMAGES}. */
  readonly limit?: number;
  readonly onRemark?: (remark: Remark) => void;
}

/** Inputs of which the first `count` are compared. */
export interface OpenedInputs extends VerifyInputs {
  /** Number of inputs that exist. */
  readonly total: number;
}

/**
 * Opens inputs from an array or from images; if neither is given, makes random ones, which are the same each time.
 *
 * @throws {SignwaveError} `E_NPY`, `E_DATA`
 */
export async function openVerifyInputs(model: Model, options: InputOptions): Promise<OpenedInputs> {
  const { onRemark = () => {} } = options;
  const { height, width, recipe } = model.input;
  if (options.input !== undefined) {
    const array = await readInputArray(model.input, options.input, onRemark);
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
    const sample = await openImageSample(options.images, {
      limit: options.limit ?? DEFAULT_IMAGES,
      input: model.input,
      onRemark,
    });
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
  const count = options.limit ?? DEFAULT_IMAGES;
  const next = randomInputs(model.input);
  return {
    name: `random ${recipe ? 'bytes' : 'floats'} for ${model.metadata.name}`,
    count,
    total: count,
    read: async () => next(),
    end: () => {},
  };
}
