import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { JsMsg } from '@nats-io/jetstream';
import type { QueuePlace } from './place.js';

/** What the thread is told when it starts. */
export interface LifeTask {
  readonly place: QueuePlace;
  readonly everyMs: number;
}

/** Tells the broker that tasks are worked on, whatever the main thread does. */
export interface LifeSigns {
  /** @param messages all tasks in hand from now on. */
  readonly of: (messages: Iterable<JsMsg>) => void;
  readonly end: () => Promise<unknown>;
}

/**
 * Starts the thread, if its program is found beside the bundle. TypeScript sources, as tests run them, have none: there only the main thread gives
 * signs, between two things that it computes.
 */
export function startLifeSigns(task: LifeTask): LifeSigns | undefined {
  const program = new URL('./life-thread.mjs', import.meta.url);
  if (!existsSync(fileURLToPath(program))) return undefined;
  const thread = new Worker(program, { workerData: task });
  return {
    // The client's type leaves out where a message is acknowledged.
    of: (messages) =>
      thread.postMessage(Array.from(messages, (it) => (it as JsMsg & { readonly reply: string }).reply)),
    end: () => thread.terminate(),
  };
}
