import { parseLabels } from '@signwave/data';
import { MAX_TEXT_FILE_BYTES, readFileBytes } from '@signwave/data/node';

/**
 * Reads a file of class names in the formats of {@link parseLabels}.
 *
 * @throws {SignwaveError} `E_LABELS` if the file can't be read, isn't text, has no names, or has an empty one.
 */
export async function readLabels(path: string): Promise<string[]> {
  return parseLabels(await readFileBytes(path, 'E_LABELS', MAX_TEXT_FILE_BYTES), path);
}
