import { relative } from 'node:path';
import type { ClippedImage, RasterImage } from '../../image/raster.js';
import type { ImageSet } from '../../sets/image-set.js';
import { readImage } from '../read-image.js';

/** An image's name in messages: a path below the set's folder, or "image 17". */
export function itemName(set: ImageSet, index: number): string {
  return set.kind === 'files' ? relative(set.folder, set.paths[index]!) : `image ${index}`;
}

/**
 * An image of a set as it is stored: training, evaluation and inference all start from these bytes.
 *
 * @param index from 0 to `set.count` - 1.
 * @throws {SignwaveError} `E_IMAGE` if its file can't be read or decoded.
 */
export async function readItem(set: ImageSet, index: number): Promise<RasterImage & Partial<ClippedImage>> {
  if (set.kind === 'files') return readImage(set.paths[index]!);
  const { width, height, channels, pixels } = set;
  const imageBytes = width * height * channels;
  return { width, height, channels, data: pixels.slice(index * imageBytes, (index + 1) * imageBytes) };
}
