import { readFileSync } from 'node:fs';
import { evaluationResize, prepareImage } from '@signwave/data';
import { decodeImage } from '@signwave/data/node';
import { type Input, type Kind, pick, type Random, WrongResult } from '../kind.js';
import { copiedRange, IN_PLACE, RESIZING } from '../mutations.js';

interface Golden {
  readonly files: readonly { readonly name: string; readonly file: string }[];
}

const { files } = JSON.parse(readFileSync('data/test/node/golden.json', 'utf8')) as Golden;
const MUTATIONS = [...Object.values({ ...IN_PLACE, ...RESIZING }), copiedRange(128)];
const SIDE = 12;
const RECIPE = {
  channelOrder: 'rgb',
  divisor: 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  resize: evaluationResize(SIDE),
} as const;

function make(random: Random): Input {
  const { name, file } = pick(random, files);
  let bytes = new Uint8Array(Buffer.from(file, 'base64'));
  for (let n = random.below(3); n >= 0 && bytes.length > 16; n--) {
    // Sizes and types of pixels are at the beginning, and a file is mostly pixels.
    if (random.below(2)) bytes = new Uint8Array(pick(random, MUTATIONS)(bytes, random.below));
    else pick(random, Object.values(IN_PLACE))(bytes.subarray(0, 64), random.below);
  }
  return { name, bytes };
}

async function read({ name, bytes }: Input): Promise<undefined> {
  const image = await decodeImage(bytes, name);
  const { width, height, channels, data } = image;
  if (data.length !== width * height * channels)
    throw new WrongResult(`${width} x ${height} pixels of ${channels} channels are ${data.length} bytes`);
  const pixels = prepareImage(image, RECIPE, SIDE, SIDE);
  if (pixels.length !== SIDE * SIDE * 3) throw new WrongResult(`prepared, it has ${pixels.length} values`);
}

export const IMAGES: Kind = {
  about:
    'images: JPEG, PNG, WebP, TIFF, PPM, PGM and PBM of all kinds of pixels, damaged; decoded, and resized to an input',
  make,
  read,
};
