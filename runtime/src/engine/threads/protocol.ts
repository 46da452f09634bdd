import type { KernelName } from '../../kernels/kernel-records.js';

/**
 * How threads share the work of one memory.
 *
 * A program is a list of rounds, a round a list of parts that may run at the same time; a round begins when all parts before it are done.
 * Every thread goes through the rounds of a run, claims a part at a time, its own first, and spins until all parts of the round are done. So a thread
 * that sleeps or was put aside by the system is waited for only while it holds a part: whoever is awake does the work. Waking a thread takes
 * some 0.2 ms, longer than most layers, hence no sleep within a run.
 */

/** A kernel, and the address of its record. */
export type KernelCall = readonly [kernel: KernelName, recordAddress: number];

/** Parts `first` to `first + count`. */
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
  /** From 1; 0 is the thread that calls. */
  readonly thread: number;
}

/** Words of the control array. Those that are written while others spin lie on cache lines of their own. */
export const WORD = {
  /** Number of the run times {@link PROGRAMS}, plus its program: changes last, when all else of a run is in place. */
  run: 0,
  /** What `done` was before the run. */
  base: 1,
  stop: 2,
  failed: 3,
  /** Parts done since the start. */
  done: 16,
  /** Of each part: the last run that claimed it. */
  claims: 32,
} as const;
const CACHE_LINE_WORDS = 16;

/** Most programs there can be, a power of two. */
export const PROGRAMS = 4096;

export function controlWords(parts: number): number {
  return WORD.claims + parts * CACHE_LINE_WORDS;
}

/** `Atomics.pause` spares the other half of a core; engines are only beginning to have it. */
export const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

/** Spins are some 5 ns, and a part that others wait for is rarely longer than 0.1 ms. */
const SPINS_PER_NAP = 32_768;
const NAP_MS = 0.1;

/**
 * Wait a moment for a part of another thread: spin; now and then nap, since the other thread may be waiting for this one's core, on a machine that has
 * more to do. In a page the calling thread must not nap, it spins on.
 *
 * @param spins how often it has waited, from 1.
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

/** Whether run or count `a` comes after `b`; both wrap around. */
export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** Until then a thread that is done with its own part doesn't look for others: a look at what another one writes slows that down. */
const SPINS_PER_LOOK_AROUND = 64;

/**
 * Take part in a run until none of its parts is left: in each round the part that is this thread's own, then those that nobody has begun in time.
 *
 * @param run the word `run` when it began.
 * @param wait is called while parts of others are missing, with how often in this round, from 1; returns false to give up.
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

/** Let all parts be claimed last by `run`, which is over. */
export function renumberClaims(control: Int32Array, parts: number, run: number): void {
  for (let part = 0; part < parts; part++) Atomics.store(control, WORD.claims + part * CACHE_LINE_WORDS, run);
}

/** Runs are numbered upwards, so a thread that is late can't claim what a later run has claimed, nor what its own has. */
function claim(control: Int32Array, part: number, run: number): boolean {
  const word = WORD.claims + part * CACHE_LINE_WORDS;
  const last = Atomics.load(control, word);
  return isAfter(run, last) && Atomics.compareExchange(control, word, last, run) === last;
}
