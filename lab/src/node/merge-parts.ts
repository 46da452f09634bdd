import { SignwaveError } from '@signwave/format';
import { findParts, originDifference, type PartEnd, readPart } from './parts.js';

export interface MergedParts {
  readonly parts: number;
  readonly answers: number;
  readonly errors: number;
}

/**
 * Gives the answers of all parts of a folder in the order of the list that was divided: the bytes that one process gives for the whole list. Call
 * `counts` at the end.
 *
 * @throws {SignwaveError} `E_DATA` if a part is missing or not whole, or if two are of different lists, models or kinds of answers.
 */
export async function mergeParts(
  folder: string,
): Promise<{ readonly lines: AsyncIterable<Uint8Array>; readonly counts: () => MergedParts }> {
  const paths = await findParts(folder);
  const ends: PartEnd[] = [];
  async function* lines(): AsyncGenerator<Uint8Array> {
    for (const path of paths) {
      const end = yield* readPart(path);
      const [first = end] = ends;
      const odd = originDifference(end, first);
      if (odd !== undefined) {
        throw new SignwaveError(
          'E_DATA',
          `${path} has another ${odd} than ${paths[0]}: ${end[odd]}, not ${first[odd]}; run one of them again`,
        );
      }
      ends.push(end);
    }
  }
  const sum = (of: 'answers' | 'errors'): number => ends.reduce((total, end) => total + end[of], 0);
  return { lines: lines(), counts: () => ({ parts: ends.length, answers: sum('answers'), errors: sum('errors') }) };
}
