// The thread that makes batches ahead of the training loop. It gets a `WorkerTask`, makes batches while it has credit, and posts
// `WorkerMessage`s; the loop posts new credits whenever it has taken a batch.
import { parentPort, workerData } from 'node:worker_threads';
import { SignwaveError } from '@signwave/format';
import { makeBatches } from './make-batches.js';
import type { WorkerMessage, WorkerTask } from './worker-messages.js';

if (!parentPort) throw new Error('data-worker has to be started as a worker');
const port = parentPort;
const { set, plan, range, credits } = workerData as WorkerTask;

let credit = credits;
let wake = (): void => {};
port.on('message', (added: number) => {
  credit += added;
  wake();
});

try {
  for await (const batch of makeBatches(set, plan, range)) {
    while (credit === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    credit--;
    const { images, labels, views } = batch;
    const moved = [images.buffer, labels.buffer, ...(views ? [views.buffer] : [])];
    port.postMessage({ batch } satisfies WorkerMessage, moved);
  }
  port.postMessage({ done: true } satisfies WorkerMessage);
} catch (error) {
  const code = error instanceof SignwaveError ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  port.postMessage({ error: { code, message } } satisfies WorkerMessage);
}
port.close();
