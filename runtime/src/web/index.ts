import { shorten } from '@signwave/format';
import { checkOptions } from '../arguments.js';
import { type LoadOptions, load as loadCore, type Model, type ModelSource } from '../index.js';
import { LOAD_RULES } from '../load-rules.js';
import { addressOf } from '../source.js';
import { FETCH_RULES, type FetchOptions } from './fetch-model.js';
import { readModelBytes } from './read-model-bytes.js';

export type { FetchProgress } from '../download.js';
export { type FetchOptions, fetchModel } from './fetch-model.js';
export { type ImageSource, rasterOf } from './raster-of.js';
export { createWorkerModel, type TransferOptions, type WorkerModel, type WorkerOptions } from './worker-model.js';

/**
 * Load a model as `load` of `@signwave/runtime` does, and check its SHA-256 if one is given. Addresses have progress and a cache as well.
 *
 * @throws {SignwaveError} what `load` and `fetchModel` throw.
 */
export async function load(
  source: ModelSource | Promise<ModelSource>,
  options: LoadOptions & FetchOptions = {},
): Promise<Model> {
  checkOptions('load', options, { ...LOAD_RULES, ...FETCH_RULES });
  const { onProgress, sha256, cache, ...coreOptions } = options;
  const address = addressOf(source);
  if (address === undefined && sha256 === undefined) return loadCore(source, coreOptions);
  return loadCore(readModelBytes(source, options), {
    ...(address !== undefined && { name: shorten(address) }),
    ...coreOptions,
  });
}
