import { cropImage, evaluationResize, prepareImage, resizeImage, toRgb } from '@signwave/data';
import { readImage } from '@signwave/data/node';
import type { InputRecipe } from '@signwave/format';
import { randomResizedCrop } from './augment.js';

/** A recipe that leaves pixels as RGB bytes; normalisation comes later. */
const BYTES_OF_RGB = { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0], std: [1, 1, 1] } satisfies InputRecipe;

/**
 * Read an image file as a square: a random part of it for training, and for testing the middle, as the trained model's recipe takes it.
 *
 * @param random draws the part; without it the middle is taken.
 * @returns (side, side, 3) bytes.
 * @throws {SignwaveError} `E_IMAGE` if the file, which the message names, can't be read or decoded; `E_INPUT_SHAPE` as in `prepareImage`.
 */
export async function decodeSquare(
  path: string,
  side: number,
  minArea: number,
  random: (() => number) | undefined,
): Promise<Uint8Array> {
  const image = await readImage(path);
  if (!random || minArea <= 0) {
    return new Uint8Array(prepareImage(image, { ...BYTES_OF_RGB, resize: evaluationResize(side) }, side, side));
  }
  const part = cropImage(image, randomResizedCrop(image.width, image.height, minArea, random));
  return new Uint8Array(toRgb(resizeImage(part, side, side, 'bilinear')).data);
}
