import { SignwaveError } from '@signwave/format';
import { findParts } from './find-parts.js';
import { originDifference, type PartEnd, readPart, readPartEnd } from './parts.js';

/** The parts of a folder, which have been found, but not yet read. */
export interface Parts {
  /** The last line of the first of them. */
  readonly first: PartEnd;
  /**
   * The lines of all parts in the order of what was divided: the bytes that one process gives. Each is checked.
   *
   * @throws {SignwaveError} `E_DATA` if a part is not whole, or if two are of different models, inputs and so on.
   */
  readonly lines: AsyncIterable<Uint8Array>;
  /** The last lines of the parts that have been read. */
  readonly ends: readonly PartEnd[];
}

/** Finds all parts of a folder. @throws {SignwaveError} `E_DATA` if one is missing, or if the first is not whole; `E_IO`. */
export async function openParts(folder: string): Promise<Parts> {
  const paths = await findParts(folder);
  const first = await readPartEnd(paths[0]!);
  const ends: PartEnd[] = [];
  async function* lines(): AsyncGenerator<Uint8Array> {
    for (const path of paths) {
      const end = yield* readPart(path);
      const odd = originDifference(end, first);
      if (odd !== undefined) {
        throw new SignwaveError('E_DATA', `${path} was made with ${odd}, as ${paths[0]}; run one of them again`);
      }
      ends.push(end);
    }
  }
  return { first, lines: lines(), ends };
}

/** How many lines parts have, and how many of them are errors. */
export function countsOf(ends: readonly PartEnd[]): { readonly lines: number; readonly errors: number } {
  const sum = (of: 'lines' | 'errors'): number => ends.reduce((total, end) => total + end[of], 0);
  return { lines: sum('lines'), errors: sum('errors') };
}
