import { type ErrorCode, SignwaveError } from '@signwave/runtime';
import type { Lab, LabAnswer } from './protocol.js';

let worker: Worker | undefined;
let lastId = 0;
const pending = new Map<number, { resolve: (value: never) => void; reject: (reason: unknown) => void }>();

/** Asks the page's worker to do something. The worker is started by the first call, and again after a call that it didn't survive. */
export function askLab<Name extends keyof Lab>(
  method: Name,
  args: Parameters<Lab[Name]>,
  transfer: Transferable[] = [],
): Promise<ReturnType<Lab[Name]>> {
  worker ??= startLab();
  const id = ++lastId;
  worker.postMessage({ id, method, args }, transfer);
  return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
}

function startLab(): Worker {
  const started = new Worker('lab-worker.js', { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<LabAnswer>) => {
    const call = pending.get(data.id);
    pending.delete(data.id);
    if ('value' in data) call?.resolve(data.value as never);
    else call?.reject(errorOf(data.error));
  };
  started.onerror = (event) => {
    started.terminate();
    worker = undefined;
    const reason = event.message || 'its program can’t be loaded';
    for (const { reject } of pending.values())
      reject(new SignwaveError('E_ENGINE', `the page’s worker failed: ${reason}`));
    pending.clear();
  };
  return started;
}

function errorOf({ code, message }: { readonly code?: string; readonly message: string }): Error {
  return code === undefined ? new Error(message) : new SignwaveError(code as ErrorCode, message);
}
