import { WorkerCalls } from '@signwave/runtime/internals';
import type { PageWorker } from './protocol.js';

let calls: WorkerCalls<PageWorker> | undefined;

/** Have the page's worker do something; it is started with the first call, and again after one that it didn't survive. */
export function askWorker<Name extends keyof PageWorker>(
  method: Name,
  args: Parameters<PageWorker[Name]>,
): Promise<ReturnType<PageWorker[Name]>> {
  if (!calls || calls.isEnded) {
    const worker = new Worker('page-worker.js', { type: 'module' });
    calls = new WorkerCalls(worker, (reason) => `the page’s worker failed: ${reason}`);
  }
  return calls.call(method, args, []);
}
