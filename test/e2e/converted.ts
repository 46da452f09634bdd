import { type Conversion, type ConvertOptions, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { openFileSource } from '@signwave/lab/node';

/** Converts the checkpoint at `path`. @param given omega0 of a BiPer checkpoint, or options. */
export async function convertAt(path: string, given: number | Partial<ConvertOptions> = 20): Promise<Conversion> {
  const options = typeof given === 'number' ? { omega0: given } : given;
  const source = await openFileSource(path);
  try {
    return await convertCheckpoint(await openCheckpoint(source), { writer: 'signwave test', ...options });
  } finally {
    await source.close();
  }
}
