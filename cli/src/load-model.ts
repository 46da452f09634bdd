import { readFileBytes } from '@signwave/data/node';
import { bytesSource } from '@signwave/format';
import { sha256 } from '@signwave/lab/node';
import { type LoadOptions, load, type Model } from '@signwave/runtime';
import { printNote } from './report/output.js';

type EngineOptions = Pick<LoadOptions, 'kernels' | 'threads'>;

export interface LoadedModel {
  readonly model: Model;
  /** Gives the SHA-256 of the file's bytes that the model was made of. */
  readonly sha256: () => Promise<string>;
}

/** Loads a model with the requested kernels and threads, and says so if it gets fewer threads. */
export async function loadModel(path: string, options: EngineOptions): Promise<LoadedModel> {
  const bytes = await readFileBytes(path, 'E_IO');
  return { model: await loadModelBytes(bytes, path, options), sha256: () => sha256([bytesSource(bytes)]) };
}

/** Does the same with a model that was read. @param name by which messages call it. */
export async function loadModelBytes(
  bytes: Uint8Array,
  name: string,
  { kernels, threads }: EngineOptions,
): Promise<Model> {
  const model = await load(bytes, { name, ...(kernels && { kernels }), ...(threads && { threads }) });
  const info = model.info();
  if (threads !== undefined && threads !== 'auto' && info.threads < threads)
    printNote(`one thread works: ${info.threadsReason}`);
  return model;
}
