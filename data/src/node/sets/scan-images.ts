import { SignwaveError } from '@signwave/format';
import type { ImageSet } from '../../sets/image-set.js';
import { itemName, readItem } from './read-item.js';

/** An image that can't be decoded. */
export interface Undecodable {
  readonly index: number;
  readonly name: string;
  /** What was found, including the path. */
  readonly reason: string;
}

/** How many files are decoded at the same time: sharp's default number, and some that wait. */
const AT_ONCE = 8;

/** The result of looking at every image of a set. */
export interface Scan {
  /** In ascending order. */
  readonly undecodable: readonly Undecodable[];
  /** Name of an image whose 16-bit gray samples were clipped; undefined if there is none. */
  readonly clipped: string | undefined;
}

/**
 * Decode every image file of a set once and completely, since headers alone don't show that a file was cut short. Images in memory need no
 * check.
 *
 * @param progress called with the number of images done.
 */
export async function scanImages(set: ImageSet, progress: (done: number) => void = () => {}): Promise<Scan> {
  const undecodable: Undecodable[] = [];
  let clipped: string | undefined;
  if (set.kind === 'memory') return { undecodable, clipped };
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < set.count) {
      const index = next++;
      try {
        if ((await readItem(set, index)).isClipped) clipped ??= itemName(set, index);
      } catch (error) {
        if (!(error instanceof SignwaveError && error.code === 'E_IMAGE')) throw error;
        undecodable.push({ index, name: itemName(set, index), reason: error.message });
      }
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  undecodable.sort((a, b) => a.index - b.index);
  return { undecodable, clipped };
}
