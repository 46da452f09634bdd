import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Dataset, FileImages } from '@signwave/data';
import { itemName } from '@signwave/data/node';

/** Files whose sizes are looked at: each on a disk takes some ten microseconds, on a network a hundred times that. */
const MAX_SIZES = 10_000;
/** Sizes that are asked for at the same time. */
const AT_ONCE = 64;

/**
 * Computes what tells a data set and a sample of it from others, without reading image files. It covers the names of the classes, the label of
 * each image of the set and which ones are in the sample; of images in memory every pixel; of files their names below the folder of the set, and
 * the sizes of those of the sample: of {@link MAX_SIZES}, taken evenly, if there are more. So another copy of a set has the same hash, and one
 * with a file more or less, or with images that were resized, has not. Not seen is a change that keeps the file's name and size.
 *
 * @param indices the images of the sample.
 * @returns 64 hexadecimal digits.
 */
export async function hashImages({ classNames, images }: Dataset, indices: Uint32Array): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([classNames, images.count, indices.length]));
  hash.update(images.labels).update(indices);
  if (images.kind === 'memory') {
    const { height, width, channels, pixels } = images;
    return hash
      .update(JSON.stringify([height, width, channels]))
      .update(pixels)
      .digest('hex');
  }
  // No name has this character in it.
  for (let index = 0; index < images.count; index++) hash.update(`${itemName(images, index)}\0`);
  return hash.update(JSON.stringify(await sizesOf(images, indices))).digest('hex');
}

/** Sizes in bytes of the files of a sample, or of some of them; null where there is none any more. */
async function sizesOf({ paths }: FileImages, indices: Uint32Array): Promise<(number | null)[]> {
  const count = Math.min(indices.length, MAX_SIZES);
  const sizes = new Array<number | null>(count);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const path = paths[indices[Math.floor((n * indices.length) / count)]!]!;
      sizes[n] = await stat(path).then(
        ({ size }) => size,
        () => null,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return sizes;
}
