import type { Below } from './mutations.js';

/** Bytes that a user may hand over, and the name of their file. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Random numbers of one input. */
export interface Random {
  /** From 0 to below 1. */
  readonly share: () => number;
  readonly below: Below;
}

/** What is fuzzed. */
export interface Kind {
  /** What is made and what is asked of it, for the table of results. */
  readonly about: string;
  /** Draws an input. Equal random numbers give equal inputs. */
  readonly make: (random: Random) => Input;
  /**
   * Reads an input as the program would. What it finds depends on nothing but the input.
   *
   * @throws {SignwaveError} if the input is refused. @throws {WrongResult} if it is read, but as something else. Anything else is a bug, too.
   */
  readonly read: (input: Input) => Promise<void>;
}

/** An input was accepted, and what came of it isn't right. */
export class WrongResult extends Error {}

export function pick<T>({ below }: Random, items: readonly T[]): T {
  return items[below(items.length)]!;
}
