import { parseLabels } from '@signwave/data';
import { readFileBytes } from '@signwave/data/node';

/**
 * Read a file of class names, as {@link parseLabels} has them.
 *
 * @throws {SignwaveError} `E_LABELS` if the file can't be read, is no text, or has no name or an empty one.
 */
export async function readLabels(path: string): Promise<string[]> {
  return parseLabels(await readFileBytes(path, 'E_LABELS'), path);
}
