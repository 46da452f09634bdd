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

/**
 * Decode every image file of a set once, whole: the headers alone don't tell a file that was cut short. Images in
 * memory need no check.
 *
 * @param progress called with the number of images that are done.
 * @returns those that can't be decoded, ascending.
 */
export async function findUndecodable(
  set: ImageSet,
  progress: (done: number) => void = () => {},
): Promise<Undecodable[]> {
  if (set.kind === 'memory') return [];
  const found: Undecodable[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < set.count) {
      const index = next++;
      const reason = await reasonAgainst(set, index);
      if (reason !== undefined) found.push({ index, name: itemName(set, index), reason });
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found.sort((a, b) => a.index - b.index);
}

async function reasonAgainst(set: ImageSet, index: number): Promise<string | undefined> {
  try {
    await readItem(set, index);
    return undefined;
  } catch (error) {
    if (error instanceof SignwaveError && error.code === 'E_IMAGE') return error.message;
    throw error;
  }
}
