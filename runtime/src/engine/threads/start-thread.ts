import { builtin, SignwaveError } from '@signwave/format';
import { THREAD_SOURCE } from '../../../build/thread.js';
import type { ThreadStart } from './protocol.js';

/** A started thread that waits for work. */
export interface Thread {
  /** Called at most once, if the thread ends by itself, with the reason if it is known. */
  onEnd: ((reason: string | undefined) => void) | undefined;
  terminate(): void;
}

/** What Node's and the web's workers have in common. */
interface AnyWorker {
  postMessage(message: ThreadStart): void;
  terminate(): unknown;
}

/** A worker, and what to call when it is ready. */
interface OpenedWorker {
  readonly worker: AnyWorker;
  readonly release: () => void;
}

const WEB_MAIN = 'onmessage=({data})=>{signwaveThread(data,(it)=>postMessage(it));close()}';
const NODE_MAIN =
  "const {parentPort:port}=require('node:worker_threads');" +
  'port.once("message",(data)=>{signwaveThread(data,(it)=>port.postMessage(it));port.close()})';

/** How long to wait for a thread's first message. A page's policy may block a worker without any error, so waiting has to end. */
const START_TIMEOUT_MS = 10_000;
const POLICY_HINT = 'a Content-Security-Policy needs blob: in worker-src';

/** Says why threads can't be used here; undefined if they can. */
export function threadRefusal(): string | undefined {
  if (
    typeof SharedArrayBuffer === 'undefined' ||
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false
  )
    return 'the page is not cross-origin isolated (headers COOP and COEP)';
  if (!hasWebWorkers() && !nodeWorkers()) return 'this engine has no workers (Node: from 20.16 and 22.3 on)';
  return undefined;
}

/** Number of threads that can run at the same time; 1 if the engine doesn't tell. */
export function availableThreads(): number {
  return (
    navigatorOf()?.hardwareConcurrency ??
    builtin<{ availableParallelism(): number }>('node:os')?.availableParallelism() ??
    1
  );
}

/** @throws {SignwaveError} `E_ENGINE` if the thread doesn't start. */
export function startThread(start: ThreadStart): Promise<Thread> {
  return new Promise((resolve, reject) => {
    const thread: Thread = { onEnd: undefined, terminate: () => void opened?.worker.terminate() };
    const fail = (reason: string, cause?: unknown): void => {
      clearTimeout(timer);
      thread.terminate();
      reject(new SignwaveError('E_ENGINE', `a thread can't be started: ${reason}`, { cause }));
    };
    const timer = setTimeout(() => fail(`no answer in ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    const end = (reason?: string): void => {
      if (thread.onEnd) thread.onEnd(reason);
      else fail(reason ?? POLICY_HINT);
    };
    const hear = (message: unknown): void => {
      if (message === 'ready') {
        clearTimeout(timer);
        opened!.release();
        resolve(thread);
      } else end((message as { error: string }).error);
    };
    let opened: OpenedWorker | undefined;
    try {
      opened = openWorker(hear, end);
      opened.worker.postMessage(start);
    } catch (cause) {
      // WebKit throws when a policy forbids the worker; other browsers report it by an event.
      const { name, message } = cause as Error;
      fail(name === 'SecurityError' ? POLICY_HINT : message, cause);
    }
  });
}

function openWorker(hear: (message: unknown) => void, end: (reason?: string) => void): OpenedWorker {
  const node = nodeWorkers();
  if (node && !hasWebWorkers()) {
    // Not with the process's flags: --input-type=module would run the text as a module, --import would load modules it doesn't need.
    const worker = new node.Worker(`${THREAD_SOURCE}\n${NODE_MAIN}`, { eval: true, execArgv: [] });
    worker.on('message', hear);
    worker.on('error', (error) => end((error as Error).message));
    worker.on('exit', () => end());
    // The process may end while the thread sleeps.
    return { worker, release: () => worker.unref() };
  }
  const address = URL.createObjectURL(new Blob([`${THREAD_SOURCE}\n${WEB_MAIN}`], { type: 'text/javascript' }));
  // A module, because Deno supports no other kind of worker.
  const worker = new Worker(address, { type: 'module' });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = ({ message }) => end(message);
  return { worker, release: () => URL.revokeObjectURL(address) };
}

/** Node has no web workers, but a library may have set the global to Node's own `Worker`, as ONNX Runtime Web does. */
function hasWebWorkers(): boolean {
  return typeof Worker !== 'undefined' && (Worker as unknown) !== nodeWorkers()?.Worker;
}

interface NodeWorker extends AnyWorker {
  on(event: string, listen: (value: unknown) => void): void;
  unref(): void;
}

function nodeWorkers() {
  return builtin<{ Worker: new (source: string, options: { eval: true; execArgv: [] }) => NodeWorker }>(
    'node:worker_threads',
  );
}

function navigatorOf(): { readonly hardwareConcurrency?: number } | undefined {
  return (globalThis as { navigator?: { readonly hardwareConcurrency?: number } }).navigator;
}
