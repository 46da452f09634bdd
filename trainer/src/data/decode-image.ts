import { cropImage, evaluationResize, prepareImage, resizeImage, toRgb } from '@signwave/data';
import { readImage } from '@signwave/data/node';
import type { InputRecipe } from '@signwave/format';
import { randomResizedCrop } from './augment.js';

/** The part of a recipe that decides about bytes; normalisation comes afterwards. */
const BYTES_OF_RGB = { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0], std: [1, 1, 1] } satisfies InputRecipe;

/**
 * Read an image file as a square: a random part of it for training; for testing the middle, which is what the trained
 * model's recipe makes of the same file.
 *
 * @param random draws the part; absent for the middle.
 * @returns (side, side, 3) bytes.
 * @throws {SignwaveError} `E_IMAGE` if it can't be read or decoded, naming the file; `E_INPUT_SHAPE` as `prepareImage`.
 */
export async function decodeSquare(
  path: string,
  side: number,
  minArea: number,
  random: (() => number) | undefined,
): Promise<Uint8Array> {
  const image = await readImage(path);
  if (!random || minArea <= 0) {
    return prepareImage(image, { ...BYTES_OF_RGB, resize: evaluationResize(side) }, side, side);
  }
  const part = cropImage(image, randomResizedCrop(image.width, image.height, minArea, random));
  return new Uint8Array(toRgb(resizeImage(part, side, side, 'bilinear')).data);
}
