import { readFileBytes } from '@signwave/data/node';
import { type Model, readModel } from '@signwave/format';

/** Reads a model file and checks it in full. @returns its bytes and the model. @throws {SignwaveError} `E_IO`, and as `readModel`. */
export async function readModelFile(path: string): Promise<{ bytes: Uint8Array; model: Model }> {
  const bytes = await readFileBytes(path, 'E_IO');
  return { bytes, model: readModel(bytes, path) };
}
