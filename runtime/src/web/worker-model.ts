import { shorten, tagOf } from '@signwave/format';
import { checkInput, checkOptions, countUpTo, FLAG, FUNCTION, type Input, type Rules } from '../arguments.js';
import { holdsBytes, viewBytes } from '../bytes.js';
import { checkWasmSources } from '../engine/wasm-sources.js';
import {
  type InputNode,
  type LoadOptions,
  type ModelInfo,
  type ModelSource,
  type PlanStep,
  type Prediction,
  type RuntimeInfo,
  SignwaveError,
  type StepProfile,
  type WasmSource,
  type WasmSources,
} from '../index.js';
import { LOAD_RULES } from '../load-rules.js';
import { rasterFrom } from '../raster-from.js';
import { addressOf } from '../source.js';
import { FETCH_RULES, type FetchOptions } from './fetch-model.js';
import type { LoadedModel, Methods } from './protocol.js';
import { bitmapOf, hasPixels, type ImageSource, isBitmap, isBlob, rasterOf } from './raster-of.js';
import { readModelBytes } from './read-model-bytes.js';
import { WorkerCalls } from './worker-calls.js';

export interface TransferOptions {
  /** Move the memory to the worker instead of copying it: the array that was given is empty afterwards. Memory that holds something else as well is
   *  copied all the same. Default `false`. */
  readonly transfer?: boolean;
}

export interface WorkerOptions extends LoadOptions, FetchOptions, TransferOptions {
  /** Starts `@signwave/runtime/worker`, where a bundler doesn't find it by itself; it then belongs to the model. */
  readonly createWorker?: () => Worker;
}

/**
 * A model in a worker: the page stays responsive while it runs. `createWorkerModel` makes it. Calls are answered one after the other. Inputs are
 * copied, or moved with `transfer: true`.
 */
export class WorkerModel {
  readonly metadata: ModelInfo;
  readonly input: InputNode;
  readonly outputs: number;
  readonly #info: RuntimeInfo;
  readonly #calls: WorkerCalls<Methods>;

  constructor({ metadata, input, outputs, info }: LoadedModel, calls: WorkerCalls<Methods>) {
    this.metadata = metadata;
    this.input = input;
    this.outputs = outputs;
    this.#info = info;
    this.#calls = calls;
  }

  /** Do what `Model.run` does. */
  run(input: Input, options: TransferOptions = {}): Promise<Float32Array> {
    return this.#callWith('run', input, [], options, {});
  }

  /**
   * Do what `Model.classify` does, with any image that a browser has.
   *
   * @throws {SignwaveError} `E_IMAGE` if the image can't be read, and all that `Model.classify` throws.
   */
  async classify(image: ImageSource, options: TransferOptions & { topK?: number } = {}): Promise<Prediction[]> {
    checkOptions('classify', options, { topK: countUpTo(this.outputs), ...TRANSFER_RULES });
    const { topK, transfer = false } = options;
    if (hasPixels(image) || isBlob(image)) {
      const raster = isBlob(image) ? await rasterOf(image) : rasterFrom(image);
      const data = toSend(raster.data as Uint8Array<ArrayBuffer>, transfer || isBlob(image));
      return this.#calls.call('classify', [{ ...raster, data }, topK], [data.buffer]);
    }
    const bitmap = await bitmapOf(image);
    return this.#calls.call('classify', [bitmap, topK], transfer || !isBitmap(image) ? [bitmap] : []);
  }

  plan(): Promise<PlanStep[]> {
    return this.#calls.call('plan', [], []);
  }

  /** Do what `Model.profile` does. */
  profile(input: Input, options: TransferOptions & { repeats?: number } = {}): Promise<StepProfile[]> {
    return this.#callWith('profile', input, [options?.repeats], options, {
      repeats: countUpTo(Number.POSITIVE_INFINITY),
    });
  }

  /** Say what runs, and why, as it was after loading. */
  info(): RuntimeInfo {
    return this.#info;
  }

  /** End the worker, even in the middle of a run. Calls that wait for their answer are rejected with `E_DISPOSED`, and so are all later ones. */
  dispose(): void {
    this.#calls.end(new SignwaveError('E_DISPOSED', `${this.metadata.name} was disposed; load it again to use it`));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #callWith<Name extends 'run' | 'profile'>(
    method: Name,
    input: Input,
    others: unknown[],
    options: TransferOptions,
    rules: Rules,
  ): Promise<ReturnType<Methods[Name]>> {
    checkOptions(method, options, { ...rules, ...TRANSFER_RULES });
    const array = toSend(checkInput(input, this.metadata, this.input) as Uint8Array<ArrayBuffer>, options.transfer);
    return this.#calls.call(method, [array, ...others] as never, [array.buffer]);
  }
}

/**
 * Load a model in a worker of its own.
 *
 * @param source what `load` takes; all {@link FetchOptions} apply to an address.
 * @throws {SignwaveError} what `load` and `fetchModel` throw; `E_ENGINE` if the worker can't be started.
 */
export async function createWorkerModel(
  source: ModelSource | Promise<ModelSource>,
  options: WorkerOptions = {},
): Promise<WorkerModel> {
  checkOptions('createWorkerModel', options, WORKER_RULES);
  const { signal, name, kernels, threads, tune, transfer = false, createWorker = startWorker } = options;
  const wasm = options.wasm && forWorker(options.wasm);
  const given = await source;
  const address = addressOf(given);
  const bytes = toSend(await readModelBytes(given, options), transfer || !holdsBytes(given));
  signal?.throwIfAborted();
  const calls = new WorkerCalls<Methods>(
    createWorker(),
    (reason) => `the worker of the model failed: ${reason}; load the model again`,
  );
  const abort = (): void => calls.end(signal!.reason);
  signal?.addEventListener('abort', abort);
  try {
    const title = name ?? (address === undefined ? undefined : shorten(address));
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

const TRANSFER_RULES: Rules = { transfer: FLAG };
const WORKER_RULES: Rules = { ...LOAD_RULES, ...FETCH_RULES, ...TRANSFER_RULES, createWorker: FUNCTION };

/** @returns the array itself if its memory may be moved and has nothing else in it, otherwise a copy, which may be moved. */
function toSend(array: Uint8Array<ArrayBuffer>, mayMove = false): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = array;
  return mayMove && tagOf(buffer) === 'ArrayBuffer' && byteLength === buffer.byteLength ? array : array.slice();
}

/** Make sources that can be sent to a worker. Their addresses are absolute, since its program may lie in another folder than the page. */
function forWorker(wasm: WasmSources): WasmSources {
  checkWasmSources(wasm);
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  const portable = (source: WasmSource): WasmSource => {
    const address = addressOf(source);
    if (address !== undefined) return absolute(address, base);
    // A view would be sent with all the memory that it is a view of.
    return holdsBytes(source) ? viewBytes(source).slice() : source;
  };
  return Object.fromEntries(Object.entries(wasm).map(([build, source]) => [build, portable(source)]));
}

function absolute(address: string, base: string | undefined): string {
  try {
    return new URL(address, base).href;
  } catch {
    return address; // the worker will say that it can't be fetched
  }
}

/** Start the worker in the form that bundlers recognize: they take its file along. */
function startWorker(): Worker {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  } catch (cause) {
    throw new SignwaveError(
      'E_ENGINE',
      `no worker can be started here (${(cause as Error).message}); pass createWorker, or use load()`,
      { cause },
    );
  }
}
