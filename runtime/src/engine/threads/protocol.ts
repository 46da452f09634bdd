import type { KernelName } from '../../kernels/kernel-records.js';

/**
 * How threads that share one memory divide the work.
 *
 * A program is a list of rounds. A round is a list of parts that may run at the same time; it begins when all parts of the round before it
 * are done. Every thread goes through the rounds of a run. It claims one part at a time, its own first, and spins until all parts of the
 * round are done. Others therefore wait for a sleeping or suspended thread only while it holds a part; threads that are awake do the rest.
 * Waking a thread takes about 0.2 ms, longer than most layers, so threads don't sleep within a run.
 */

/** A kernel and the address of its record. */
export type KernelCall = readonly [kernel: KernelName, recordAddress: number];

/** The parts from `first` up to, but not including, `first + count`. */
export interface Round {
  readonly first: number;
  readonly count: number;
}

export interface Work {
  /** The calls of each part. */
  readonly parts: readonly (readonly KernelCall[])[];
  readonly programs: readonly (readonly Round[])[];
}

/** What a thread is told when it starts. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
  readonly work: Work;
  /** Number of the thread, from 1; 0 is the calling thread. */
  readonly thread: number;
}

/** Indices into the control array. Words that are written while other threads spin lie on cache lines of their own. */
export const WORD = {
  /** Number of the run times {@link PROGRAMS}, plus its program. It is written last, when everything else is ready for the run. */
  run: 0,
  /** The value of `done` before the run. */
  base: 1,
  stop: 2,
  failed: 3,
  /** Number of parts done since the start. */
  done: 16,
  /** For each part, the last run that claimed it. */
  claims: 32,
} as const;
const CACHE_LINE_WORDS = 16;

/** Upper limit of the number of programs, a power of two. */
export const PROGRAMS = 4096;

export function controlWords(parts: number): number {
  return WORD.claims + parts * CACHE_LINE_WORDS;
}

/** `Atomics.pause` leaves more of a core to its other hardware thread; few engines have it yet. */
export const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

/** A spin takes about 5 ns, and a part that others wait for rarely takes longer than 0.1 ms. */
const SPINS_PER_NAP = 32_768;
const NAP_MS = 0.1;

/**
 * Waits a moment for a part that another thread holds. It spins, but naps now and then, because on a busy machine the other thread may be
 * waiting for this one's core. The main thread of a page isn't allowed to nap, so it keeps spinning.
 *
 * @param spins how many times it has waited, counted from 1.
 */
export function spinOrNap(control: Int32Array, spins: number): void {
  if (spins % SPINS_PER_NAP === 0 && canNap) {
    try {
      Atomics.wait(control, WORD.done, Atomics.load(control, WORD.done), NAP_MS);
    } catch {
      canNap = false;
    }
  } else pause();
}
let canNap = true;

/** Whether `a` comes after `b`, where both are run numbers or counts of parts, which wrap around. */
export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** A thread that has done its own part looks for other parts only this often, because reading words that others write slows these down. */
const SPINS_PER_LOOK_AROUND = 64;

/**
 * Works on a run until all its parts are done: in each round on this thread's own part first, then on parts that nobody has claimed in time.
 *
 * @param run value of the word `run` when the run began.
 * @param wait is called while other threads' parts are unfinished, with the number of calls in this round, from 1; returns false to give up.
 */
export function takePart(
  control: Int32Array,
  rounds: readonly Round[],
  run: number,
  thread: number,
  execute: (part: number) => void,
  wait: (spins: number) => boolean,
): void {
  let after = Atomics.load(control, WORD.base);
  const claimAndExecute = (part: number): void => {
    if (!claim(control, part, run)) return;
    execute(part);
    Atomics.add(control, WORD.done, 1);
  };
  for (const { first, count } of rounds) {
    after = (after + count) | 0;
    if (thread < count) claimAndExecute(first + thread);
    for (let spins = 1; isAfter(after, Atomics.load(control, WORD.done)); spins++) {
      if (spins % SPINS_PER_LOOK_AROUND === 0) for (let n = 0; n < count; n++) claimAndExecute(first + n);
      if (!wait(spins)) return;
    }
  }
}

/** Marks all parts as last claimed by `run`, which is over. */
export function renumberClaims(control: Int32Array, parts: number, run: number): void {
  for (let part = 0; part < parts; part++) Atomics.store(control, WORD.claims + part * CACHE_LINE_WORDS, run);
}

/** Claims a part for a run. Run numbers only grow, so a late thread can't claim a part that its own run or a later one has claimed. */
function claim(control: Int32Array, part: number, run: number): boolean {
  const word = WORD.claims + part * CACHE_LINE_WORDS;
  const last = Atomics.load(control, word);
  return isAfter(run, last) && Atomics.compareExchange(control, word, last, run) === last;
}
