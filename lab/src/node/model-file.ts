import { readFileBytes } from '@signwave/data/node';
import { type Model, readModel } from '@signwave/format';

/** A model file's bytes and what is in them, checked in full. @throws {SignwaveError} `E_IO`, and as `readModel`. */
export async function readModelFile(path: string): Promise<{ bytes: Uint8Array; model: Model }> {
  const bytes = await readFileBytes(path, 'E_IO');
  return { bytes, model: readModel(bytes, path) };
}
