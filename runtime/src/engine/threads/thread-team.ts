import { SignwaveError } from '@signwave/format';
import { Pace } from './pace.js';
import {
  controlWords,
  PROGRAMS,
  renumberClaims,
  spinOrNap,
  type ThreadStart,
  takePart,
  WORD,
  type Work,
} from './protocol.js';
import { startThread, type Thread } from './start-thread.js';

/** A part takes milliseconds; a thread that holds one for this long was killed, or the whole machine was asleep. */
const LOST_MS = 10_000;
/** A waiting thread looks at the clock, and for failures, only this often. */
const SPINS_PER_LOOK = 1024;

/** Run numbers wrap around: all claims are renumbered when these bits start over, before a claim is so old that it looks new. */
const RENUMBER_MASK = 2 ** 28 - 1;

/** How the calling thread does its share of the work. */
interface Calls {
  readonly execute: (part: number) => void;
  readonly doAlone: (program: number) => void;
}

/** Options for tests. */
interface TeamOptions {
  readonly lostMs?: number;
  readonly start?: typeof startThread;
  /** Makes, for each program, the object that decides which runs are shared. */
  readonly newPace?: () => Pick<Pace, 'isShared' | 'note'>;
}

/** The threads that share a model's work: the calling thread and those that it started. */
export class ThreadTeam {
  readonly #control: Int32Array;
  readonly #work: Work;
  readonly #calls: Calls;
  readonly #threads: Thread[] = [];
  readonly #lostMs: number;
  readonly #newPace: () => Pick<Pace, 'isShared' | 'note'>;
  readonly #paces: Pick<Pace, 'isShared' | 'note'>[] = [];
  #failure: string | undefined;
  /** When the current wait first looked at the clock. */
  #waitStartMs = 0;

  private constructor(control: Int32Array, work: Work, calls: Calls, options: TeamOptions) {
    this.#control = control;
    this.#work = work;
    this.#calls = calls;
    this.#lostMs = options.lostMs ?? LOST_MS;
    this.#newPace = options.newPace ?? (() => new Pace());
  }

  /**
   * @param threads number of threads, the calling one included.
   * @param calls what the calling thread executes.
   * @throws {SignwaveError} `E_ENGINE` if a thread doesn't start.
   */
  static async start(
    threads: number,
    { module, memory, work }: Pick<ThreadStart, 'module' | 'memory' | 'work'>,
    calls: Calls,
    options: TeamOptions = {},
  ): Promise<ThreadTeam> {
    const control = new Int32Array(new SharedArrayBuffer(controlWords(work.parts.length) * 4));
    const team = new ThreadTeam(control, work, calls, options);
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

  /** Number of threads that are alive, the calling one included. */
  get size(): number {
    return this.#threads.length + 1;
  }

  /**
   * Runs a program to its end.
   *
   * @throws {SignwaveError} `E_ENGINE` if a thread was lost while it held a part; every later run then throws, too.
   */
  run(program: number): void {
    if (this.#failure !== undefined) throw this.#error();
    this.#paces[program] ??= this.#newPace();
    const pace = this.#paces[program];
    const start = performance.now();
    if (pace.isShared) this.#share(program);
    else this.#calls.doAlone(program);
    pace.note(performance.now() - start);
  }

  #share(program: number): void {
    const control = this.#control;
    const run = ((Atomics.load(control, WORD.run) & -PROGRAMS) + PROGRAMS + program) | 0;
    if ((run & RENUMBER_MASK) === program) renumberClaims(control, this.#work.parts.length, (run - PROGRAMS) | 0);
    Atomics.store(control, WORD.base, Atomics.load(control, WORD.done));
    Atomics.store(control, WORD.run, run);
    Atomics.notify(control, WORD.run);
    takePart(control, this.#work.programs[program]!, run, 0, this.#calls.execute, this.#wait);
    if (this.#failure !== undefined) throw this.#error();
  }

  /**
   * Lets the threads end by themselves, at the latest after the part that they hold, because Bun sometimes crashes when it terminates a
   * sleeping worker. The threads of a failed team are terminated as well, since they may no longer respond.
   */
  stop(): void {
    Atomics.store(this.#control, WORD.stop, 1);
    Atomics.add(this.#control, WORD.run, PROGRAMS);
    Atomics.notify(this.#control, WORD.run);
    for (const thread of this.#threads.splice(0)) {
      thread.onEnd = () => undefined;
      if (this.#failure !== undefined) thread.terminate();
    }
    this.#failure ??= 'the model was disposed';
  }

  /** If a thread ends while it holds no part, nothing is lost: the others do its work. */
  #add(thread: Thread): void {
    this.#threads.push(thread);
    thread.onEnd = () => {
      const index = this.#threads.indexOf(thread);
      if (index >= 0) this.#threads.splice(index, 1);
    };
  }

  readonly #wait = (spins: number): boolean => {
    spinOrNap(this.#control, spins);
    if (spins % SPINS_PER_LOOK !== 0) return true;
    if (Atomics.load(this.#control, WORD.failed)) this.#failure = 'a kernel failed in a thread';
    const now = performance.now();
    if (spins === SPINS_PER_LOOK) this.#waitStartMs = now;
    else if (now - this.#waitStartMs > this.#lostMs)
      this.#failure = `a thread has not answered for ${this.#lostMs / 1000} s`;
    return this.#failure === undefined;
  };

  #error(): SignwaveError {
    return new SignwaveError('E_ENGINE', `${this.#failure}; dispose of the model and load it again`);
  }
}
