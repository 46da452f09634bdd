import { type ErrorCode, SignwaveError } from '../index.js';

/** What a worker can be asked for: methods by name, with arguments and results that can be sent. */
type Methods<M> = { readonly [Name in keyof M]: (...args: never[]) => unknown };

interface Request {
  readonly id: number;
  readonly method: PropertyKey;
  readonly args: readonly unknown[];
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  /** `code` is absent for an error that is a defect. */
  | { readonly id: number; readonly error: { readonly code?: string; readonly message: string } };

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** Calls of a worker that has {@link answerCalls}, and wait for their answers. */
export class WorkerCalls<M extends Methods<M>> {
  readonly #worker: Worker;
  readonly #lossOf: (reason: string) => string;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #endReason: unknown;

  /** @param lossOf the message of the `E_ENGINE` that calls are rejected with if the worker fails. */
  constructor(worker: Worker, lossOf: (reason: string) => string) {
    this.#worker = worker;
    this.#lossOf = lossOf;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#settle(data);
    worker.onmessageerror = () => this.#lost('an answer could not be read');
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lost(event.message ?? 'its program was not found, or a Content-Security-Policy forbids it (worker-src)');
    };
  }

  get isEnded(): boolean {
    return this.#endReason !== undefined;
  }

  /** @throws {SignwaveError} what the method threw; `E_USAGE` for arguments that can't be sent. Once it has ended, the reason for that. */
  call<Name extends keyof M>(
    method: Name,
    args: Parameters<M[Name]>,
    transfer: Transferable[],
  ): Promise<ReturnType<M[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#endReason !== undefined) throw this.#endReason;
      const id = ++this.#lastId;
      try {
        this.#worker.postMessage({ id, method, args } satisfies Request, transfer);
      } catch (cause) {
        const reason = (cause as Error).message;
        throw new SignwaveError('E_USAGE', `${String(method)}: can't be sent to the worker (${reason})`, { cause });
      }
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
    this.end(new SignwaveError('E_ENGINE', this.#lossOf(reason)));
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

/** The part of a worker's global scope, or of a `MessagePort`, that is used. */
export interface Port {
  postMessage(message: Answer, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void;
}

/**
 * Answer the calls that come through a port, one after the other.
 *
 * @param transferOf what of a method's result moves instead of being copied.
 */
export function answerCalls<M extends Methods<M>>(
  port: Port,
  methods: { readonly [Name in keyof M]: (...args: Parameters<M[Name]>) => unknown },
  transferOf: (method: keyof M, value: unknown) => Transferable[],
): void {
  let previous = Promise.resolve();
  port.addEventListener('message', ({ data: { id, method, args } }) => {
    previous = previous.then(async () => {
      const name = method as keyof M;
      try {
        const value = await methods[name](...(args as Parameters<M[keyof M]>));
        port.postMessage({ id, value }, transferOf(name, value));
      } catch (error) {
        const { code, message } = error as SignwaveError;
        port.postMessage({ id, error: { code, message } }, []);
      }
    });
  });
}
