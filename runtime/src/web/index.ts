import { type LoadOptions, load as loadCore, type Model, type ModelSource } from '../index.js';
import { type FetchOptions, fetchModel } from './fetch-model.js';

export { type FetchOptions, type FetchProgress, fetchModel } from './fetch-model.js';
export { type ImageSource, rasterOf } from './raster-of.js';
export { createWorkerModel, type WorkerModel, type WorkerOptions } from './worker-model.js';

/**
 * `load` of `@signwave/runtime`, with progress, integrity and a cache for addresses.
 *
 * @throws {SignwaveError} as `load` and `fetchModel`.
 */
export async function load(source: ModelSource, options: LoadOptions & FetchOptions = {}): Promise<Model> {
  if (typeof source !== 'string' && !(source instanceof URL)) return loadCore(source, options);
  return loadCore(fetchModel(source, options), { name: String(source), ...options });
}
