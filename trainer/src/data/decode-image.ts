import { SignwaveError } from '@signwave/format';
import type { Sharp } from 'sharp';
import { type Crop, randomResizedCrop } from './augment.js';

/** Test images are scaled so that the shorter side is this times the network's side, then cropped: 256 for 224. */
const TEST_SCALE = 256 / 224;

/** sharp is loaded when the first image file is: data sets in memory train on systems that it has no build for. */
async function openSharp(path: string): Promise<Sharp> {
  try {
    const { default: sharp } = await import('sharp');
    return sharp(path, { failOn: 'truncated' });
  } catch (cause) {
    throw new SignwaveError('E_IMAGE', `${path} can't be decoded, since the package sharp doesn't load here`, {
      cause,
    });
  }
}

/**
 * Decode an image file to a square: a random part of it for training, the middle for testing.
 *
 * @param random draws the part; absent for the middle.
 * @returns (side, side, 3) bytes.
 * @throws {SignwaveError} `E_IMAGE` if it can't be read or decoded.
 */
export async function decodeSquare(
  path: string,
  side: number,
  minArea: number,
  random: (() => number) | undefined,
): Promise<Uint8Array> {
  const image = await openSharp(path);
  try {
    const { width, height } = await image.metadata();
    const crop =
      random && minArea > 0 ? randomResizedCrop(width, height, minArea, random) : middle(width, height, side);
    const { data, info } = await image
      .extract(crop)
      .resize(side, side, { fit: 'fill', kernel: 'linear' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels === 3) return data;
    const rgb = new Uint8Array(side * side * 3);
    for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * info.channels]!;
    return rgb;
  } catch (cause) {
    throw new SignwaveError('E_IMAGE', `${path} can't be decoded: ${(cause as Error).message}`, { cause });
  }
}

/** The part of the file that becomes the middle `side` pixels once the shorter side is scaled to TEST_SCALE times it. */
function middle(width: number, height: number, side: number): Crop {
  const scaled = Math.round(side * TEST_SCALE);
  const edge = Math.max(1, Math.min(width, height, Math.round((Math.min(width, height) * side) / scaled)));
  return { left: (width - edge) >> 1, top: (height - edge) >> 1, width: edge, height: edge };
}
