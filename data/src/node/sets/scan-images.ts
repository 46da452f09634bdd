import { SignwaveError } from '@signwave/format';
import type { ImageSet } from '../../sets/image-set.js';
import { itemName, readItem } from './read-item.js';

/** An image that can't be decoded. */
export interface Undecodable {
  readonly index: number;
  readonly name: string;
  /** What was found, the path included. */
  readonly reason: string;
}

/** As many as sharp decodes at once by default, and some to wait. */
const AT_ONCE = 8;

/** What a look at every image of a set found. */
export interface Scan {
  /** Ascending. */
  readonly undecodable: readonly Undecodable[];
  /** The name of an image whose 16-bit gray samples were clipped; undefined: there is none. */
  readonly clipped: string | undefined;
}

/**
 * Decode every image file of a set once, whole: the headers alone don't tell a file that was cut short. Images in
 * memory need no check.
 *
 * @param progress called with the number of images that are done.
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
