import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { PROGRAM, ROOT } from './signwave.js';

/** `signwave worker` in a process of its own. */
export class Worker {
  readonly #child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stderr = '';

  /** @param within what its command begins with, such as a {@link NetworkNamespace}'s. */
  constructor(args: readonly string[], within: readonly string[] = []) {
    const [program, ...rest] = [...within, process.execPath, PROGRAM, 'worker', ...args];
    this.#child = spawn(program!, rest, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr!.on('data', (piece) => {
      this.stderr += piece;
    });
    this.ended = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve({ code, signal })));
    onTestFinished(async () => {
      this.kill('SIGKILL');
      await this.ended;
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
