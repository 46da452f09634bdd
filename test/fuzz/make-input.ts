import { crc32 } from '@signwave/format';
import { seededRandom } from '../seeded-random.js';
import type { Input } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';

/** The input with this number of a kind: it depends on nothing but these three. */
export function makeInput(kind: KindName, seed: number, number: number): Input {
  const share = seededRandom(crc32(new TextEncoder().encode(`${kind} ${seed} ${number}`)));
  return KINDS[kind].make({ share, below: (n) => Math.floor(share() * Math.max(1, n)) });
}
