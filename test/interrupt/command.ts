import { type Comparable, type Files, filesOf } from './files.js';
import type { Ended } from './program.js';

/** Where a command begins. */
export type StartName = 'empty' | 'old' | 'left';

/** A command that is interrupted. Paths are relative to a folder beside `inputs`. */
export interface Command {
  /** For the table of results. */
  readonly about: string;
  /**
   * What is in its folder before: nothing, complete outputs of another run of it, or what a process that was killed has left there.
   */
  readonly starts: readonly StartName[];
  readonly args: (start: StartName) => readonly string[];
  /**
   * Makes what it needs, before it is run for the first time.
   *
   * @returns what is to be taken away again, or why it can't be made.
   */
  readonly surround?: () => Promise<AsyncDisposable | string | undefined>;
  /** Makes the outputs of the start `old`. */
  readonly before?: readonly string[];
  /** Files and folders that it makes. */
  readonly outputs: readonly string[];
  /** The file that stdout goes to: an output that is begun and ended with the program, for which only its status speaks. */
  readonly stdout?: string;
  readonly comparable?: Comparable;
  /** The command that is run after it was interrupted, if it is another. */
  readonly next?: (start: StartName, found: Files, old: Files) => readonly string[];
  /** Outputs that have to be out of the way before it is run again. */
  readonly movesAway?: readonly string[];
  /** Whether what is found where an output was to be is whole, though neither the old nor the final one. */
  readonly isStage?: (path: string, bytes: Buffer) => boolean;
  /** What is wrong with how it was ended by a signal or a full disk, beside what is asked of all commands. */
  readonly judgeEnd?: (ended: Ended, way: Way, found: Files) => string | undefined;
  /** What is wrong with the run that came after it. */
  readonly judgeNext?: (interrupted: Ended, next: Ended) => string | undefined;
}

export const SIGNALS = { kill: 'SIGKILL', term: 'SIGTERM', int: 'SIGINT', hup: 'SIGHUP' } as const;
/** How a command is interrupted: by a signal, or by a disk that is full. */
export type Way = keyof typeof SIGNALS | 'disk';
export const WAYS: readonly Way[] = [...(Object.keys(SIGNALS) as Way[]), 'disk'];

/** The output with an output's name. */
export const outputOf = (files: Files, name: string): Buffer | undefined => filesOf(files, name).get(name);
