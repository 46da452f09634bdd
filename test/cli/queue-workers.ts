import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { PROGRAM, ROOT } from './signwave.js';

interface WorkerOptions {
  /** What its command begins with, such as a {@link NetworkNamespace}'s. */
  readonly within?: readonly string[];
  /** Another command that goes on until it is ended. */
  readonly command?: string;
  readonly cwd?: string;
  /** Another build of the command line. */
  readonly program?: string;
}

/** `signwave worker` in a process of its own. */
export class Worker {
  readonly #child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stderr = '';

  constructor(
    args: readonly string[],
    { within = [], command = 'worker', cwd = ROOT, program = PROGRAM }: WorkerOptions = {},
  ) {
    const [file, ...rest] = [...within, process.execPath, program, command, ...args];
    this.#child = spawn(file!, rest, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
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
