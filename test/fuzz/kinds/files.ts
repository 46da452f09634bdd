import { readdirSync, readFileSync } from 'node:fs';
import { crc32, type Model, writeModel } from '@signwave/format';
import { type Header, headerOf, seal } from '../../../format/test/file-bytes.js';
import { everyOperation, operationsOf11, resnet20Like } from '../../../format/test/models.js';
import { randomGraph } from '../../../runtime/test/random-graph.js';
import { seededRandom } from '../../seeded-random.js';
import { type Input, type Kind, pick, type Random } from '../kind.js';
import { concat, IN_PLACE, RESIZING } from '../mutations.js';
import { checkModelFile } from './model-graphs.js';

export const INFO = { name: 'fuzz', architecture: 'random', method: 'none', writer: 'signwave fuzz', accuracy: [] };
const HOSTILE = 'test/cases/hostile';
const ANY = Object.values({ ...IN_PLACE, ...RESIZING });

/** A sound file, and where its header is. */
interface Base {
  readonly whole: Uint8Array;
  readonly header: Header;
}

/** Files that are damaged again and again beside random ones. */
const FIXED: readonly (() => Uint8Array)[] = [
  ...[everyOperation, operationsOf11, resnet20Like].map((model: () => Model) => () => writeModel(model())),
  ...readdirSync(HOSTILE)
    .filter((name) => name.endsWith('.sgnw'))
    .map((name) => () => new Uint8Array(readFileSync(`${HOSTILE}/${name}`))),
];

let latest: { readonly seed: number; readonly base: Base } | undefined;

function baseOf(seed: number): Base {
  if (latest?.seed === seed) return latest.base;
  const share = seededRandom(seed);
  const isRandom = share() < 0.75;
  const whole = isRandom
    ? writeModel({ info: INFO, graph: randomGraph(share) })
    : FIXED[Math.floor(share() * FIXED.length)]!();
  const base = { whole, header: headerOf(whole) };
  latest = { seed, base };
  return base;
}

function make(random: Random, baseSeed: number): Input {
  const { below } = random;
  const { whole, header } = baseOf(baseSeed);
  const head = (): Uint8Array => whole.slice(0, header.endAt);
  const how = below(16);
  const name = 'fuzz.sgnw';
  if (how === 0) return { name, bytes: whole.slice() };
  if (how <= 2) return { name, bytes: pick(random, ANY)(whole.slice(), below) };
  if (how <= 4) return { name, bytes: concat(pick(random, ANY)(head(), below), whole.subarray(header.endAt)) };
  // Under a right checksum a change reaches what is behind it.
  let changed = head();
  for (let n = below(3); n >= 0; n--) changed = pick(random, Object.values(IN_PLACE))(changed, below);
  return { name, bytes: seal(concat(changed, whole.subarray(header.endAt)), header) };
}

export const FILES: Kind = {
  about:
    'model files: random graphs and files that once were too much, whole and damaged, most under a right checksum; all that are sound are loaded, with a build of the kernels in turn, and of one in 20 that are small every bit is compared with the reference',
  make,
  read: ({ name, bytes }, number) => checkModelFile(bytes, name, number, () => crc32(bytes)),
};
