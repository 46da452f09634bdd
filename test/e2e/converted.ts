import { type Conversion, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { openFileSource } from '../../cli/src/data/file-source.js';

/** Convert the checkpoint at `path`. */
export async function convertAt(path: string, omega0 = 20): Promise<Conversion> {
  const source = await openFileSource(path);
  try {
    return await convertCheckpoint(await openCheckpoint(source), { writer: 'signwave test', omega0 });
  } finally {
    await source.close();
  }
}
