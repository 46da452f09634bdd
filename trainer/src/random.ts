import { SignwaveError } from '@signwave/format';
import type { RandomState } from './types.js';

const STATE_WORDS = 4;
const STATE_PATTERN = /^[0-9a-f]{32}$/;

/**
 * A generator of uniform numbers that depends on nothing but `seed`: xoshiro128** (Blackman and Vigna 2018). splitmix32 fills its 128 bits
 * of state, as its authors advise.
 */
export function seededRandom(seed: number): RandomState {
  let word = seed >>> 0;
  const next = (): number => {
    word = (word + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return new Xoshiro128(Uint32Array.from({ length: STATE_WORDS }, next));
}

/**
 * The generator that a checkpoint stored, ready to go on from where it was.
 *
 * @param state of {@link RandomState}: 32 hexadecimal digits.
 * @throws {SignwaveError} `E_RESUME` if it isn't one.
 */
export function restoredRandom(state: string): RandomState {
  if (!STATE_PATTERN.test(state) || /^0+$/.test(state)) {
    throw new SignwaveError('E_RESUME', `"${state}" is no state of a random generator: expected 32 hexadecimal digits`);
  }
  const word = (i: number): number => Number.parseInt(state.slice(8 * i, 8 * i + 8), 16);
  return new Xoshiro128(Uint32Array.from({ length: STATE_WORDS }, (_, i) => word(i)));
}

/** A number from the standard normal distribution by the Box-Muller transform; uses up two uniform numbers. */
export function standardNormal(random: RandomState): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

class Xoshiro128 implements RandomState {
  /** Never all zero: the generator couldn't leave that state. */
  readonly #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  /** 53 random bits, as many as a number in [0, 1) holds: 27 and 26 of them from two steps. */
  next(): number {
    const high = this.#step() >>> 5;
    const low = this.#step() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  get state(): string {
    return Array.from(this.#words, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  #step(): number {
    const [a, b, c, d] = this.#words as unknown as readonly [number, number, number, number];
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const d1 = d ^ b;
    const c1 = c ^ a;
    this.#words.set([a ^ d1, b ^ c1, c1 ^ (b << 9), rotateLeft(d1, 11)]);
    return result;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
