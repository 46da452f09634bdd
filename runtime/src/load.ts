import { readModel } from '@signwave/format';
import { checkOptions } from './arguments.js';
import { createEngine } from './engine/engine.js';
import { makeReady, type ReadyOptions } from './engine/make-ready.js';
import { warmUp } from './engine/warm-up.js';
import { LOAD_RULES } from './load-rules.js';
import { Model } from './model.js';
import { type ModelSource, readSource } from './source.js';

export interface LoadOptions extends ReadyOptions {
  /** The model's name in messages. Default: its address, or "model". */
  readonly name?: string;
  /** Stops what is being fetched: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Read a `.sgnw` file, check it in full, and make it ready to run.
 *
 * @param source the file, or a promise of it: the engine is made while it is awaited. The bytes aren't copied, so don't change them while the model is in use.
 * @throws {SignwaveError} `E_USAGE` if `source` is no model source, or there is no such option; `E_FORMAT_*`, `E_GRAPH` or `E_TENSOR` if the file isn't a sound model;
 *   `E_IO` if it can't be read or is above 1 GiB, or a source of `wasm` can't be read; `E_ENGINE` if the engine can't run it.
 */
export async function load(source: ModelSource | Promise<ModelSource>, options: LoadOptions = {}): Promise<Model> {
  checkOptions('load', options, LOAD_RULES);
  const startMs = performance.now();
  // The engine compiles in the background while the file is fetched and read.
  const engine = createEngine(options.kernels ?? 'auto', options.wasm, options.signal).then(warmUp);
  engine.catch(() => undefined);
  const waitMs = performance.now();
  const { name, bytes } = await readSource(await source, options);
  const waitedMs = performance.now() - waitMs;
  const file = readModel(bytes, name);
  const ready = await makeReady(file.graph, await engine, options);
  return new Model(file, ready, performance.now() - startMs - waitedMs);
}
