import { readModel, SignwaveError } from '@signwave/format';
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
  /** To stop a fetch. */
  readonly signal?: AbortSignal;
}

/**
 * Read a `.sgnw` file, check it in full, and make it ready to run.
 *
 * @throws {SignwaveError} `E_FORMAT_*`, `E_GRAPH` or `E_TENSOR` for a file that isn't a sound model; `E_IO` if it can't be fetched or is above 1 GiB;
 *   `E_ENGINE` if the engine can't run it.
 */
export async function load(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  const { name, bytes } = await readSource(source, options);
  const startMs = performance.now();
  // The engine compiles in the background while the file is read.
  const compiled = createEngine(options.kernels ?? 'auto');
  compiled.catch(() => undefined);
  const file = readModel(bytes, name);
  const engine = await compiled;
  warmUp(engine);
  const ready = await makeReady(file.graph, engine, options);
  return new Model(file, ready, performance.now() - startMs);
}

async function readSource(source: ModelSource, options: LoadOptions): Promise<{ name: string; bytes: Uint8Array }> {
  const { name = 'model' } = options;
  if (source instanceof Uint8Array) return { name, bytes: source };
  if (source instanceof ArrayBuffer) return { name, bytes: new Uint8Array(source) };
  if (source instanceof Blob) {
    checkModelSize(name, source.size);
    return { name, bytes: new Uint8Array(await source.arrayBuffer()) };
  }
  const response = source instanceof Response ? source : await fetchModel(source, options.signal);
  const address = options.name ?? (response.url || 'model');
  if (!response.ok)
    throw new SignwaveError('E_IO', `${address}: the server answered ${response.status} ${response.statusText}`);
  try {
    checkModelSize(address, announcedBytes(response) ?? 0);
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
  try {
    return { name: address, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new SignwaveError('E_IO', `${address}: the download was cut (${(cause as Error).message}); fetch it again`, {
      cause,
    });
  }
}

async function fetchModel(address: URL | string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(address, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new SignwaveError('E_IO', `${address}: can't be fetched (${(cause as Error).message})`, { cause });
  }
}
