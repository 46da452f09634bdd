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
  /**
   * Draws an input. Equal random numbers give equal inputs.
   *
   * @param base the same number for {@link INPUTS_OF_A_BASE} inputs in a row, of which a kind may make what it damages: that takes longer than
   *   damaging it.
   */
  readonly make: (random: Random, base: number) => Input;
  /**
   * Reads an input as the program would. What it finds depends on nothing but the input.
   *
   * @param number of the input, so that a kind can do what takes long for some of its inputs only; all is done for a kept file, which has none.
   * @returns what was compared, if anything was. @throws {SignwaveError} if the input is refused. @throws {WrongResult} if it is read, but as something else. Anything else is a bug, too.
   */
  readonly read: (input: Input, number?: number) => Promise<Compared | undefined>;
}

export const INPUTS_OF_A_BASE = 200;

/** What was equal in two executors. */
export interface Compared {
  /** Bits in front of binary layers, and outputs, which are 32 bits each: once for each executor that was compared with another. */
  readonly bits: number;
  /** Sign maps: all bits in front of one layer for one input. */
  readonly signMaps: number;
}

/** Whether what takes long is to be done for an input: for one of `every`. */
export function isChosen(number: number | undefined, every: number): boolean {
  return number === undefined || number % every === 0;
}

/** An input was accepted, and what came of it isn't right. */
export class WrongResult extends Error {}

export function pick<T>({ below }: Random, items: readonly T[]): T {
  return items[below(items.length)]!;
}
