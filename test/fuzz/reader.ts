import { type ChildProcess, fork } from 'node:child_process';
import type { Verdict } from './judge.js';
import type { Request } from './worker.js';

/** A process is given up after this time, which is longer than the limit of processor time: the machine may be busy. */
const HANG_MS = 20_000;
/** A process that has read so many inputs, or occupied so much, is followed by another: what the engine and decoders keep isn't the fault of the input that comes last. */
const MAX_INPUTS = 20_000;
const WORN_BYTES = 0.75 * 2 ** 30;
/** MiB. */
const HEAP = 768;

/** Reads inputs in another process. A hang or a crash is a finding, and the next input gets a new process. */
export class Reader {
  readonly #worker: string;
  readonly #hangMs: number;
  #process: ChildProcess | undefined;
  #inputs = 0;
  #peakBytes = 0;

  /** @param worker the bundled worker.ts. */
  constructor(worker: string, hangMs = HANG_MS) {
    this.#worker = worker;
    this.#hangMs = hangMs;
  }

  /** @returns what the worker answers, or one verdict if it gave none. */
  async read(request: Request): Promise<readonly Verdict[]> {
    if (this.#inputs >= MAX_INPUTS || this.#peakBytes > WORN_BYTES) this.renew();
    this.#process ??= fork(this.#worker, {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${HEAP}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const child = this.#process;
    return new Promise((resolve) => {
      let errors = '';
      const onErrors = (text: Buffer): void => {
        errors = (errors + text).slice(-4_000);
      };
      const finish = (verdicts: readonly Verdict[], isOver: boolean): void => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('close');
        child.stderr!.off('data', onErrors);
        if (isOver) this.renew();
        else {
          this.#inputs += verdicts.length;
          this.#peakBytes = verdicts.at(-1)!.peakBytes;
        }
        resolve(verdicts);
      };
      const failed = (problem: 'hang' | 'crash', text: string): void =>
        finish([{ outcome: 'read', cpuMs: 0, peakBytes: 0, finding: { problem, text } }], true);
      const timer = setTimeout(() => failed('hang', `no answer within ${this.#hangMs / 1000} s`), this.#hangMs);
      child.stderr!.on('data', onErrors);
      child.once('message', (verdicts: readonly Verdict[]) => finish(verdicts, false));
      child.once('close', (status, signal) =>
        failed('crash', `ended by ${signal ?? `status ${status}`}: ${lastError(errors)}`),
      );
      child.send(request);
    });
  }

  /** Ends the process; the next input gets a new one. */
  renew(): void {
    this.#process?.removeAllListeners().kill('SIGKILL');
    this.#process = undefined;
    this.#inputs = 0;
    this.#peakBytes = 0;
  }
}

function lastError(text: string): string {
  return /^(?:\w*Error: |FATAL ERROR).*$/m.exec(text)?.[0] ?? text.trim().split('\n').at(-1) ?? '';
}
