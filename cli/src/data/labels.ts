import { readFileBytes } from './file-access.js';
import { parseLabels } from './parse-labels.js';

/** Read class names from a file, as {@link parseLabels} does. @throws {SignwaveError} `E_LABELS`, also if it can't be read. */
export async function readLabels(path: string): Promise<string[]> {
  return parseLabels(await readFileBytes(path, 'E_LABELS'), path);
}
