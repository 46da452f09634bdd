import { readFileBytes } from '@signwave/data/node';
import { bytesSource } from '@signwave/format';
import { sha256 } from '@signwave/lab/node';
import { type LoadOptions, load, type Model } from '@signwave/runtime';
import { printNote } from './report/output.js';

export interface LoadedModel {
  readonly model: Model;
  /** Gives the SHA-256 of the file's bytes that the model was made of. */
  readonly sha256: () => Promise<string>;
}

/** Loads a model with the requested kernels and threads, and says so if it gets fewer threads. */
export async function loadModel(
  path: string,
  { kernels, threads }: Pick<LoadOptions, 'kernels' | 'threads'>,
): Promise<LoadedModel> {
  const bytes = await readFileBytes(path, 'E_IO');
  const model = await load(bytes, { name: path, ...(kernels && { kernels }), ...(threads && { threads }) });
  const info = model.info();
  if (threads !== undefined && threads !== 'auto' && info.threads < threads)
    printNote(`one thread works: ${info.threadsReason}`);
  return { model, sha256: () => sha256([bytesSource(bytes)]) };
}
