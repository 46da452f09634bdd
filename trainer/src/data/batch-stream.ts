import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ImageSet } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import type { Batch, BatchPlan } from './batch-plan.js';
import { type BatchRange, makeBatches } from './make-batches.js';
import type { WorkerMessage, WorkerTask } from './worker-messages.js';

/** Batches made before they are asked for. Batches of 128 CIFAR images take 6 MB. */
const BATCHES_AHEAD = 4;

/** Gives each batch once, in order. */
export interface BatchStream {
  /** @returns undefined after the last batch. */
  next(): Promise<Batch | undefined>;
  /** Stops the work ahead. `next` must not be called afterwards. */
  close(): Promise<void>;
}

/**
 * The address of the built worker, beside the bundle. TypeScript sources, as tests run them, have none; batches are then made when they are
 * asked for. They are the same, because a batch depends on its position alone.
 */
function builtWorker(): URL | undefined {
  const url = new URL('./data-worker.mjs', import.meta.url);
  return existsSync(fileURLToPath(url)) ? url : undefined;
}

/** Open the batches of a range. A thread makes them ahead, if its program is found. */
export function openBatches(
  set: ImageSet,
  plan: BatchPlan,
  range: BatchRange,
  worker: URL | undefined = builtWorker(),
): BatchStream {
  return worker ? new WorkerStream(worker, { set, plan, range, credits: BATCHES_AHEAD }) : inline(set, plan, range);
}

function inline(set: ImageSet, plan: BatchPlan, range: BatchRange): BatchStream {
  const batches = makeBatches(set, plan, range);
  return {
    next: async () => (await batches.next()).value,
    close: async () => {
      await batches.return(undefined);
    },
  };
}

class WorkerStream implements BatchStream {
  readonly #worker: Worker;
  readonly #ready: Batch[] = [];
  /** Set when no further batch will come. */
  #end: { readonly error?: Error } | undefined;
  #wake = (): void => {};

  constructor(program: URL, task: WorkerTask) {
    this.#worker = new Worker(program, { workerData: task });
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#worker.on('error', (error) => this.#finish(error));
    this.#worker.on('exit', () => this.#finish(new Error('the thread that prepares images ended early')));
  }

  async next(): Promise<Batch | undefined> {
    while (this.#ready.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const batch = this.#ready.shift();
    if (batch) {
      this.#worker.postMessage(1);
      return batch;
    }
    if (this.#end?.error) throw this.#end.error;
    return undefined;
  }

  async close(): Promise<void> {
    this.#end ??= {};
    await this.#worker.terminate();
  }

  #receive(message: WorkerMessage): void {
    if ('batch' in message) this.#ready.push(message.batch);
    else if ('done' in message) this.#finish();
    else this.#finish(asError(message.error));
    this.#wake();
  }

  #finish(error?: Error): void {
    this.#end ??= error ? { error } : {};
    this.#wake();
  }
}

function asError({ code, message }: Extract<WorkerMessage, { error: unknown }>['error']): Error {
  return code === undefined ? new Error(message) : new SignwaveError(code, message);
}
