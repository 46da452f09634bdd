import { convertCheckpoint, type Conversion, openCheckpoint } from '@signwave/convert';
import { openFileSource } from '../../cli/src/data/file-source.js';

/** Convert the checkpoint at `path` with omega0 = 20. */
export async function convertAt(path: string): Promise<Conversion> {
  const source = await openFileSource(path);
  try {
    return await convertCheckpoint(await openCheckpoint(source), { writer: 'signwave test', omega0: 20 });
  } finally {
    await source.close();
  }
}
