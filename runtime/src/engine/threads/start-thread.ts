import { builtin, SignwaveError } from '@signwave/format';
import { THREAD_SOURCE } from '../../../build/thread.js';
import type { ThreadStart } from './protocol.js';

/** A started thread that waits for work. */
export interface Thread {
  /** Called at most once, if the thread ends by itself, with the reason if it is known. */
  onEnd: ((reason: string | undefined) => void) | undefined;
  terminate(): void;
}

/** The common interface of Node's and the web's workers, as {@link openPort} adapts them. */
interface Port {
  readonly post: (message: ThreadStart) => void;
  readonly onMessage: (listen: (message: unknown) => void) => void;
  readonly onError: (listen: (reason: string | undefined) => void) => void;
  /** Let the process end while the thread sleeps. */
  readonly release: () => void;
  readonly terminate: () => void;
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
    return 'the page is not cross-origin isolated (headers COOP and COEP), so there is no shared memory';
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
export async function startThread(start: ThreadStart): Promise<Thread> {
  const port = openPortOrSayWhyNot();
  const thread: Thread = { onEnd: undefined, terminate: port.terminate };
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      port.terminate();
      reject(cantStart(reason));
    };
    const timer = setTimeout(() => fail(`no answer in ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    port.onMessage((message) => {
      if (message !== 'ready') {
        const { error } = message as { error: string };
        if (thread.onEnd) thread.onEnd(error);
        else fail(error);
        return;
      }
      clearTimeout(timer);
      port.release();
      resolve();
    });
    port.onError((reason) => {
      if (thread.onEnd) thread.onEnd(reason);
      else fail(reason ?? POLICY_HINT);
    });
    port.post(start);
  });
  return thread;
}

function openPortOrSayWhyNot(): Port {
  try {
    return openPort();
  } catch (cause) {
    // WebKit throws when a policy forbids the worker; other browsers report it by an event.
    const { name, message } = cause as Error;
    throw cantStart(name === 'SecurityError' ? POLICY_HINT : message, cause);
  }
}

function cantStart(reason: string, cause?: unknown): SignwaveError {
  return new SignwaveError('E_ENGINE', `a thread can't be started: ${reason}`, { cause });
}

function openPort(): Port {
  const node = nodeWorkers();
  if (node && !hasWebWorkers()) {
    // Not with the process's flags: --input-type=module would run the text as a module, --import would load modules it doesn't need.
    const worker = new node.Worker(`${THREAD_SOURCE}\n${NODE_MAIN}`, { eval: true, execArgv: [] });
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listen) => worker.on('message', listen),
      onError: (listen) => {
        worker.on('error', (error) => listen((error as Error).message));
        worker.on('exit', () => listen(undefined));
      },
      release: () => worker.unref(),
      terminate: () => void worker.terminate(),
    };
  }
  const address = URL.createObjectURL(new Blob([`${THREAD_SOURCE}\n${WEB_MAIN}`], { type: 'text/javascript' }));
  // A module, because Deno supports no other kind of worker.
  const worker = new Worker(address, { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listen) => {
      worker.onmessage = ({ data }) => listen(data);
    },
    onError: (listen) => {
      worker.onerror = (event) => listen(event.message);
    },
    release: () => URL.revokeObjectURL(address),
    terminate: () => worker.terminate(),
  };
}

/** Node has no web workers, but a library may have set the global to Node's own `Worker`, as ONNX Runtime Web does. */
function hasWebWorkers(): boolean {
  return typeof Worker !== 'undefined' && (Worker as unknown) !== nodeWorkers()?.Worker;
}

interface NodeWorker {
  postMessage(message: unknown): void;
  on(event: string, listen: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}

function nodeWorkers() {
  return builtin<{ Worker: new (source: string, options: { eval: true; execArgv: [] }) => NodeWorker }>(
    'node:worker_threads',
  );
}

function navigatorOf(): { readonly hardwareConcurrency?: number } | undefined {
  return (globalThis as { navigator?: { readonly hardwareConcurrency?: number } }).navigator;
}
