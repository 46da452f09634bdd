import { crc32, type Model, writeModel } from '@signwave/format';
import { headerOf, seal } from '../../../format/test/file-bytes.js';
import { everyOperation, operationsOf11, resnet20Like } from '../../../format/test/models.js';
import { randomGraph } from '../../../runtime/test/random-graph.js';
import { type Input, type Kind, pick, type Random } from '../kind.js';
import { concat, IN_PLACE, RESIZING } from '../mutations.js';
import { checkModelFile } from './model-graphs.js';

const INFO = { name: 'fuzz', architecture: 'random', method: 'none', writer: 'signwave fuzz', accuracy: [] };
const ANY = Object.values({ ...IN_PLACE, ...RESIZING });

const fixed = new Map<() => Model, Uint8Array>();

/** The file of a model that is always the same. */
function fileOf(model: () => Model): Uint8Array {
  const bytes = fixed.get(model) ?? writeModel(model());
  fixed.set(model, bytes);
  return bytes.slice();
}

function make(random: Random): Input {
  const { below, share } = random;
  const whole =
    below(4) > 0
      ? writeModel({ info: INFO, graph: randomGraph(share) })
      : fileOf(pick(random, [everyOperation, operationsOf11, resnet20Like]));
  const header = headerOf(whole);
  const head = whole.slice(0, header.endAt);
  const how = below(8);
  const name = 'fuzz.sgnw';
  if (how === 0) return { name, bytes: whole };
  if (how === 1) return { name, bytes: pick(random, ANY)(whole, below) };
  if (how === 2) return { name, bytes: concat(pick(random, ANY)(head, below), whole.subarray(header.endAt)) };
  // Under a right checksum a change reaches what is behind it.
  const changed = pick(random, Object.values(IN_PLACE))(head, below);
  return { name, bytes: seal(concat(changed, whole.subarray(header.endAt)), header) };
}

export const FILES: Kind = {
  about:
    'model files: random graphs, whole and damaged, most under a right checksum; loaded with both builds of kernels, and if they are small every bit is compared with the reference',
  make,
  read: ({ name, bytes }) => checkModelFile(bytes, name, crc32(bytes)),
};
