import { readdirSync, readFileSync } from 'node:fs';
import { convertCheckpoint } from '@signwave/convert';
import { bytesSource, crc32, readModel, SignwaveError, writeModel } from '@signwave/format';
import { decodeNpy } from '@signwave/lab';
import {
  checkpoint,
  legacyCheckpoint,
  npyFile,
  pickle,
  tensorPickle,
  zip,
} from '../../../convert/test/checkpoints/build.js';
import { hwgqModel } from '../../../convert/test/checkpoints/build-caffemodel.js';
import { floatFile } from '../../../convert/test/checkpoints/build-safetensors.js';
import { readAllTensors } from '../../../convert/test/checkpoints/read-all-tensors.js';
import { type Compared, type Input, isChosen, type Kind, pick, type Random, WrongResult } from '../kind.js';
import { copiedRange, cutEnd, IN_PLACE, type Mutation, putIn, RESIZING } from '../mutations.js';
import { checkGraph } from './model-graphs.js';
import { architectureOf, networkFile } from './own-networks.js';

const CASES = 'test/cases/checkpoints';
const NPY = { types: ['<f4', '|u1'], shape: [null, null, null] } as const;

const values = Float32Array.from({ length: 24 }, (_, i) => i / 8 - 1);
const storage = (): Uint8Array => new Uint8Array(values.slice().buffer);
const spec = { elements: 24, shape: [2, 3, 2, 2], strides: [12, 4, 2, 1] };
const program = pickle.program(
  pickle.dict({ epoch: pickle.int(3), state_dict: pickle.dict({ 'conv1.weight': tensorPickle(spec) }) }),
);
const npyHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }";
const TENSORS = new Map([
  ['conv1.weight', { shape: [2, 3, 2, 2], values }],
  ['conv1.bias', { shape: [2], values: values.slice(0, 2) }],
  ['fc3.latent', { shape: [4, 6], values }],
]);

/** Opcodes and names that pickles have, and syntax of JSON and of NumPy's headers. */
const FRAGMENTS = [
  ...[
    '(',
    ')',
    ']',
    '}',
    't',
    'e',
    'u',
    'R',
    'Q',
    '.',
    '0',
    '1',
    '2',
    'b',
    'cbuiltins\neval\n',
    'ctorch\nFloatStorage\n',
  ],
  ...['{', '[', ',', ':', '"', '"F64"', '-1', '1e9', '9007199254740993', 'NaN', "'<f8'", 'True', '(2,)', '\x80\x02'],
].map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)));
const MUTATIONS: readonly Mutation[] = [
  ...Object.values({ ...IN_PLACE, ...RESIZING }),
  copiedRange(512),
  cutEnd,
  putIn(FRAGMENTS),
  putIn(FRAGMENTS),
];

type Maker = (damage: (part: Uint8Array) => Uint8Array) => Input;

/** Files whose parts are damaged before they are put together: lengths and checksums around them are right. */
const BUILT: readonly Maker[] = [
  (damage) => ({ name: 'zip.pth', bytes: checkpoint(damage(program.slice()), { 0: storage() }) }),
  (damage) => ({ name: 'storage.pth', bytes: checkpoint(program, { 0: damage(storage()) }) }),
  (damage) => ({
    name: 'legacy.pth',
    bytes: legacyCheckpoint(damage(program.slice()), [{ key: '0', elements: 24, data: storage() }]),
  }),
  (damage) => ({ name: 'a.npz', bytes: zip([{ name: 'w.npy', data: damage(npyFile(npyHeader, storage())) }]) }),
];
/** One of so many files that are converted is compared with the reference. */
const COMPARED_FILES = 16;

/** Whole files, which are damaged anywhere. */
const WHOLE: readonly Input[] = [
  { name: 'zip.pth', bytes: checkpoint(program, { 0: storage() }) },
  { name: 'legacy.pth', bytes: legacyCheckpoint(program, [{ key: '0', elements: 24, data: storage() }]) },
  { name: 'a.npz', bytes: zip([{ name: 'w.npy', data: npyFile(npyHeader, storage()) }]) },
  { name: 'a.npy', bytes: npyFile(npyHeader, storage()) },
  { name: 'a.safetensors', bytes: floatFile(TENSORS, { omega0: '20' }) },
  { name: 'a.caffemodel', bytes: hwgqModel(TENSORS) },
  ...readdirSync(CASES)
    .filter((name) => /\.(pth|ckpt|tar|safetensors)$/.test(name))
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(`${CASES}/${name}`)) })),
];

function make(random: Random): Input {
  const damage = (part: Uint8Array): Uint8Array => {
    let damaged = part;
    for (let n = random.below(3); n >= 0 && damaged.length > 64; n--)
      damaged = pick(random, MUTATIONS)(damaged, random.below);
    return damaged;
  };
  const how = random.below(8);
  if (how < 5) {
    const { name, bytes } = networkFile(random);
    // Most are damaged in their weights alone, so that they are read and converted.
    return { name, bytes: how > 0 ? bytes : damage(bytes) };
  }
  if (how === 5) return pick(random, BUILT)(damage);
  const { name, bytes } = pick(random, WHOLE);
  return { name, bytes: damage(bytes.slice()) };
}

async function read({ name, bytes }: Input, number?: number): Promise<Compared | undefined> {
  if (name.endsWith('.npy')) {
    decodeNpy(bytes, name, NPY);
    return undefined;
  }
  const source = bytesSource(bytes, name);
  const opened = await readAllTensors(source);
  const arch = architectureOf(name);
  const { model } = await convertCheckpoint(opened, {
    writer: 'signwave fuzz',
    ...(arch && { arch }),
    ...(arch?.needsOmega0 && { omega0: 20 }),
  });
  try {
    readModel(writeModel(model));
  } catch (cause) {
    if (!(cause instanceof SignwaveError)) throw cause;
    throw new WrongResult(`it is converted to a model that can't be stored: ${cause.message}`, { cause });
  }
  if (!isChosen(number, COMPARED_FILES)) return undefined;
  return checkGraph(model.graph, crc32(bytes));
}

export const CHECKPOINTS: Kind = {
  about:
    'checkpoints: zip and legacy `.pth`, safetensors, `.npz`, `.npy`, Caffe models, damaged as files or in a pickle or an array under right checksums; most of them networks of one’s own whose weights are damaged; all tensors are read, the network is converted, and of one in 16 every bit is compared with the reference',
  make,
  read,
};
