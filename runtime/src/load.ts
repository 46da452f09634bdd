import { readModel } from '@signwave/format';
import { fetchAnswer, readAnswer } from './download.js';
import { createEngine } from './engine/engine.js';
import { makeReady, type ReadyOptions } from './engine/make-ready.js';
import { warmUp } from './engine/warm-up.js';
import { Model } from './model.js';
import { announcedBytes, checkModelSize } from './model-size.js';

/** Where a model comes from: its bytes, something that has them, or an address to fetch. */
export type ModelSource = Uint8Array | ArrayBuffer | Blob | Response | URL | string;

export interface LoadOptions extends ReadyOptions {
  /** What to call the model in messages; default: its address, or "model". */
  readonly name?: string;
  /** To stop what is fetched. */
  readonly signal?: AbortSignal;
}

/**
 * Read a `.sgnw` file, check it in full, and make it ready to run.
 *
 * @param source the file, or a promise of it: the engine is made meanwhile.
 * @throws {SignwaveError} `E_FORMAT_*`, `E_GRAPH` or `E_TENSOR` for a file that isn't a sound model; `E_IO` if it can't be fetched or is above 1 GiB, and if
 *   the same is true of `wasm`; `E_ENGINE` if the engine can't run it.
 */
export async function load(source: ModelSource | Promise<ModelSource>, options: LoadOptions = {}): Promise<Model> {
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

async function readSource(source: ModelSource, options: LoadOptions): Promise<{ name: string; bytes: Uint8Array }> {
  const { name = 'model', signal } = options;
  if (source instanceof Uint8Array) return { name, bytes: source };
  if (source instanceof ArrayBuffer) return { name, bytes: new Uint8Array(source) };
  if (source instanceof Blob) {
    checkModelSize(name, source.size);
    return { name, bytes: new Uint8Array(await source.arrayBuffer()) };
  }
  const response = source instanceof Response ? source : await fetchAnswer(source, signal);
  const address = options.name ?? (response.url || 'model');
  try {
    checkModelSize(address, announcedBytes(response) ?? 0);
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
  return { name: address, bytes: await readAnswer(response, address, signal) };
}
