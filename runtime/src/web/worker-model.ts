import { checkWasmSources } from '../engine/wasm-sources.js';
import {
  type ErrorCode,
  type InputNode,
  type LoadOptions,
  type ModelInfo,
  type PlanStep,
  type Prediction,
  type RuntimeInfo,
  SignwaveError,
  type StepProfile,
  type WasmSource,
  type WasmSources,
} from '../index.js';
import { checkModelSize } from '../model-size.js';
import { type FetchOptions, fetchModel } from './fetch-model.js';
import type { Answer, LoadedModel, Methods } from './protocol.js';
import { bitmapOf, type ImageSource, isImageData, rasterOf } from './raster-of.js';

export interface WorkerOptions extends LoadOptions, FetchOptions {
  /** Starts `@signwave/runtime/worker`, where a bundler doesn't find it by itself; it then belongs to the model. */
  readonly createWorker?: () => Worker;
}

/**
 * A model in a worker: the page stays responsive while it runs. Made by `createWorkerModel`. Calls are queued.
 *
 * Inputs are transferred, not copied: an `ImageBitmap`, `ImageData` or array that was given is empty afterwards.
 */
export class WorkerModel {
  readonly metadata: ModelInfo;
  readonly input: InputNode;
  readonly outputs: number;
  readonly #info: RuntimeInfo;
  readonly #calls: Calls;

  constructor({ metadata, input, outputs, info }: LoadedModel, calls: Calls) {
    this.metadata = metadata;
    this.input = input;
    this.outputs = outputs;
    this.#info = info;
    this.#calls = calls;
  }

  /** As `Model.run`; `input`'s memory moves to the worker. */
  run(input: Uint8Array | Uint8ClampedArray | Float32Array): Promise<Float32Array> {
    return this.#calls.call('run', [input], [input.buffer as ArrayBuffer]);
  }

  /**
   * As `Model.classify`, of anything that a browser has of images.
   *
   * @throws {SignwaveError} `E_IMAGE` if the image can't be read, and all that `Model.classify` throws.
   */
  async classify(image: ImageSource, options: { topK?: number } = {}): Promise<Prediction[]> {
    if (isImageData(image) || 'channels' in image || image instanceof Blob) {
      const raster = await rasterOf(image);
      return this.#calls.call('classify', [raster, options.topK], [raster.data.buffer as ArrayBuffer]);
    }
    const bitmap = await bitmapOf(image);
    return this.#calls.call('classify', [bitmap, options.topK], [bitmap]);
  }

  plan(): Promise<PlanStep[]> {
    return this.#calls.call('plan', [], []);
  }

  profile(
    input: Uint8Array | Uint8ClampedArray | Float32Array,
    options: { repeats?: number } = {},
  ): Promise<StepProfile[]> {
    return this.#calls.call('profile', [input, options.repeats], [input.buffer as ArrayBuffer]);
  }

  /** As it was after loading. */
  info(): RuntimeInfo {
    return this.#info;
  }

  /** End the worker, in the middle of a run, too: calls without an answer yet are rejected with `E_DISPOSED`, as all later ones are. */
  dispose(): void {
    this.#calls.end(new SignwaveError('E_DISPOSED', `${this.metadata.name} was disposed; load it again to use it`));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Load a model in a worker of its own.
 *
 * @param source an address, which is fetched with all of {@link FetchOptions}, or the bytes of a file; an array that is the only view of
 *   its memory is transferred.
 * @throws {SignwaveError} as `load` and `fetchModel`; `E_ENGINE` if the worker can't be started.
 */
export async function createWorkerModel(
  source: URL | string | Uint8Array<ArrayBuffer> | Blob,
  options: WorkerOptions = {},
): Promise<WorkerModel> {
  const { signal, name, kernels, threads, tune, createWorker = startWorker } = options;
  const wasm = options.wasm && forWorker(options.wasm);
  const bytes = await bytesOf(source, options);
  signal?.throwIfAborted();
  const calls = new Calls(createWorker());
  const abort = (): void => calls.end(signal!.reason);
  signal?.addEventListener('abort', abort);
  try {
    const isAddress = typeof source === 'string' || source instanceof URL;
    const title = name ?? (isAddress ? String(source) : undefined);
    const loadOptions = {
      ...(title !== undefined && { name: title }),
      ...(kernels !== undefined && { kernels }),
      ...(threads !== undefined && { threads }),
      ...(tune !== undefined && { tune }),
      ...(wasm !== undefined && { wasm }),
    };
    return new WorkerModel(await calls.call('load', [bytes, loadOptions], [bytes.buffer]), calls);
  } catch (error) {
    calls.end(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function bytesOf(
  source: URL | string | Uint8Array<ArrayBuffer> | Blob,
  options: Pick<WorkerOptions, 'name'> & FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Blob) {
    checkModelSize(options.name ?? 'model', source.size);
    return new Uint8Array(await source.arrayBuffer());
  }
  if (!(source instanceof Uint8Array)) return fetchModel(source, options);
  return source.byteLength === source.buffer.byteLength ? source : source.slice();
}

/** What a worker can be sent, with addresses that mean the same there: its program may lie in another folder than the page. */
function forWorker(wasm: WasmSources): WasmSources {
  checkWasmSources(wasm);
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  const portable = (source: WasmSource): WasmSource => {
    if (typeof source === 'string' || source instanceof URL) return absolute(source, base);
    // A view would be sent with all the memory that it is a view of.
    return source instanceof Uint8Array ? source.slice() : source;
  };
  return Object.fromEntries(Object.entries(wasm).map(([build, source]) => [build, portable(source)]));
}

function absolute(address: URL | string, base: string | undefined): string {
  try {
    return new URL(address, base).href;
  } catch {
    return String(address); // the worker will say that it can't be fetched
  }
}

/** Written so that bundlers see the file and take it along. */
function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** Requests to a worker that wait for their answers. */
class Calls {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #endReason: unknown;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#settle(data);
    worker.onmessageerror = () => this.#lost('an answer could not be read');
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lost(event.message ?? 'its program was not found, or a Content-Security-Policy forbids it (worker-src)');
    };
  }

  call<Name extends keyof Methods>(
    method: Name,
    args: Parameters<Methods[Name]>,
    transfer: Transferable[],
  ): Promise<ReturnType<Methods[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#endReason !== undefined) throw this.#endReason;
      const id = ++this.#lastId;
      this.#worker.postMessage({ id, method, args }, transfer);
      this.#pending.set(id, { resolve, reject });
    });
  }

  /** Stop the worker and reject what waits. The first reason stays. */
  end(reason: unknown): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  #lost(reason: string): void {
    this.end(new SignwaveError('E_ENGINE', `the worker of the model failed: ${reason}; load the model again`));
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (!pending) return;
    if ('value' in answer) pending.resolve(answer.value as never);
    else pending.reject(errorOf(answer.error));
  }
}

function errorOf({ code, message }: { readonly code?: string; readonly message: string }): Error {
  return code === undefined ? new Error(message) : new SignwaveError(code as ErrorCode, message);
}
