import { SignwaveError } from '@signwave/format';
import {
  controlWords,
  PROGRAMS,
  pause,
  renumberClaims,
  type ThreadStart,
  takePart,
  WORD,
  type Work,
} from './protocol.js';
import { startThread, type Thread } from './start-thread.js';

/** A part takes milliseconds; a thread that holds one for so long was killed, or the whole machine is asleep. */
const LOST_MS = 10_000;
const SPINS_PER_LOOK = 1024;

/** Every so many runs all claims are brought up, before they are so old that they look new. */
const RENUMBER_MASK = 2 ** 28 - 1;

/** The threads that share a model's work: the one that calls and others that it started. */
export class ThreadTeam {
  readonly #control: Int32Array;
  readonly #work: Work;
  readonly #execute: (part: number) => void;
  readonly #threads: Thread[] = [];
  readonly #lostMs: number;
  #failure: string | undefined;
  /** In the run that goes on: turns of {@link ThreadTeam.#wait}, and when it looked at the clock first. */
  #spins = 0;
  #waitStartMs = 0;

  private constructor(control: Int32Array, work: Work, execute: (part: number) => void, lostMs: number) {
    this.#control = control;
    this.#work = work;
    this.#execute = execute;
    this.#lostMs = lostMs;
  }

  /**
   * @param threads in all, the calling one included.
   * @param execute a part, on the calling thread.
   * @throws {SignwaveError} `E_ENGINE` if one doesn't start.
   */
  static async start(
    threads: number,
    { module, memory, work }: Pick<ThreadStart, 'module' | 'memory' | 'work'>,
    execute: (part: number) => void,
    options: { readonly lostMs?: number; readonly start?: typeof startThread } = {},
  ): Promise<ThreadTeam> {
    const control = new Int32Array(new SharedArrayBuffer(controlWords(work.parts.length) * 4));
    const team = new ThreadTeam(control, work, execute, options.lostMs ?? LOST_MS);
    const begin = options.start ?? startThread;
    const starts = Array.from({ length: threads - 1 }, (_, i) =>
      begin({ module, memory, control, work, thread: i + 1 }),
    );
    for (const started of await Promise.allSettled(starts)) {
      if (started.status === 'fulfilled') team.#add(started.value);
      else team.#failure ??= (started.reason as Error).message;
    }
    if (team.#failure !== undefined) {
      team.stop();
      throw new SignwaveError('E_ENGINE', team.#failure);
    }
    return team;
  }

  /** Threads that are there, the calling one included. */
  get size(): number {
    return this.#threads.length + 1;
  }

  /**
   * Run a program to its end.
   *
   * @throws {SignwaveError} `E_ENGINE` if a thread was lost in the middle of a part; so does every later run.
   */
  run(program: number): void {
    if (this.#failure !== undefined) throw this.#error();
    const control = this.#control;
    const phases = this.#work.programs[program]!;
    const base = Atomics.load(control, WORD.done);
    const run = ((Atomics.load(control, WORD.run) & -PROGRAMS) + PROGRAMS + program) | 0;
    if ((run & RENUMBER_MASK) === program) renumberClaims(control, this.#work.parts.length, (run - PROGRAMS) | 0);
    Atomics.store(control, WORD.base, base);
    Atomics.store(control, WORD.run, run);
    Atomics.notify(control, WORD.run);
    this.#spins = 0;
    takePart(control, phases, run, 0, this.#execute, this.#wait);
    const end = (base + phases.reduce((sum, { count }) => sum + count, 0)) | 0;
    while (Atomics.load(control, WORD.done) !== end && this.#wait());
    if (this.#failure !== undefined) throw this.#error();
  }

  /** End the threads. */
  stop(): void {
    Atomics.store(this.#control, WORD.stop, 1);
    Atomics.add(this.#control, WORD.run, PROGRAMS);
    Atomics.notify(this.#control, WORD.run);
    for (const thread of this.#threads.splice(0)) {
      thread.onEnd = undefined;
      thread.terminate();
    }
    this.#failure ??= 'the model was disposed';
  }

  /** A thread that ends while it holds no part is no loss: the others do its work. */
  #add(thread: Thread): void {
    this.#threads.push(thread);
    thread.onEnd = () => {
      const index = this.#threads.indexOf(thread);
      if (index >= 0) this.#threads.splice(index, 1);
    };
  }

  readonly #wait = (): boolean => {
    pause();
    if (++this.#spins % SPINS_PER_LOOK !== 0) return true;
    if (Atomics.load(this.#control, WORD.failed)) this.#failure = 'a kernel failed in a thread';
    const now = performance.now();
    if (this.#spins === SPINS_PER_LOOK) this.#waitStartMs = now;
    else if (now - this.#waitStartMs > this.#lostMs)
      this.#failure = `a thread has not answered for ${this.#lostMs / 1000} s`;
    return this.#failure === undefined;
  };

  #error(): SignwaveError {
    return new SignwaveError('E_ENGINE', `${this.#failure}; dispose of the model and load it again`);
  }
}
