import { crc32 } from '@signwave/format';
import { seededRandom } from '../seeded-random.js';
import { INPUTS_OF_A_BASE, type Input } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';

/** The input with this number of a kind: it depends on nothing but these three. */
export function makeInput(kind: KindName, seed: number, number: number): Input {
  const share = seededRandom(hash(`${kind} ${seed} ${number}`));
  const base = hash(`${kind} ${seed} base ${Math.floor(number / INPUTS_OF_A_BASE)}`);
  return KINDS[kind].make({ share, below: (n) => Math.floor(share() * Math.max(1, n)) }, base);
}

function hash(text: string): number {
  return crc32(new TextEncoder().encode(text));
}
