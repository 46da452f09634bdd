import { SignwaveError } from '@signwave/format';
import { sharedBytes, sharedLabels } from '../../sets/image-set.js';
import { type Checksums, findDataFile, readDataFile, verifyLabels } from './data-file.js';
import type { FixedPart, Part } from './part.js';

// ╒══════ idx file (big-endian) ══════╕
//   0   u32 magic: 0x0803 for bytes (count, rows, columns), 0x0801 for bytes (count)
//   4   u32 for each dimension
//   then the bytes, row-major

const SIDE = 28;

/** A data set that is stored like MNIST. */
export interface IdxSet {
  readonly name: string;
  /** Folders below the given one where torchvision and others keep the files. */
  readonly below: readonly string[];
  /** In class order. */
  readonly classNames: readonly string[];
}

export const MNIST: IdxSet = {
  name: 'MNIST',
  below: ['MNIST/raw', 'MNIST', 'raw', 'mnist/raw', 'mnist'],
  classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
};

export const FASHION_MNIST: IdxSet = {
  name: 'Fashion-MNIST',
  below: ['FashionMNIST/raw', 'FashionMNIST', 'raw', 'fashion-mnist', 'data/fashion'],
  // As listed in the authors' README.
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
};

/** Prefixes of the files' names. */
const PREFIXES: Readonly<Record<Part, readonly string[]>> = { train: ['train'], test: ['t10k', 'test'] };

/** A kind of file: its name after the prefix, its magic number and the dimensions of one item. */
interface Kind {
  readonly names: readonly [string, string];
  readonly magic: number;
  readonly item: readonly number[];
}

const IMAGES: Kind = { names: ['images-idx3-ubyte', 'images.idx3-ubyte'], magic: 0x0803, item: [SIDE, SIDE] };
const LABELS: Kind = { names: ['labels-idx1-ubyte', 'labels.idx1-ubyte'], magic: 0x0801, item: [] };

/** @throws {SignwaveError} `E_DATA` if a file is missing or malformed, the counts differ, or a label is above 9. */
export async function openIdx(
  { name, below, classNames }: IdxSet,
  folder: string,
  part: Part,
  checksums: Checksums,
): Promise<FixedPart> {
  const images = await readIdx(IMAGES, folder, below, part, checksums);
  const labels = await readIdx(LABELS, folder, below, part, checksums);
  if (images.count !== labels.count) {
    throw new SignwaveError(
      'E_DATA',
      `${images.path} has ${images.count} images, but ${labels.path} has ${labels.count} labels; they belong to different sets`,
    );
  }
  verifyLabels(labels.path, labels.data, classNames.length);
  const pixels = sharedBytes(images.data.length);
  pixels.set(images.data);
  return {
    name,
    classNames,
    images: {
      kind: 'memory',
      count: images.count,
      height: SIDE,
      width: SIDE,
      channels: 1,
      pixels,
      labels: sharedLabels(labels.data),
    },
  };
}

interface Idx {
  readonly path: string;
  readonly count: number;
  /** (count, ...item) bytes. */
  readonly data: Uint8Array;
}

async function readIdx(
  { names, magic, item }: Kind,
  folder: string,
  below: readonly string[],
  part: Part,
  checksums: Checksums,
): Promise<Idx> {
  const advice = 'the folder has to hold the idx files of the data set, packed (.gz) or not';
  const wanted = PREFIXES[part].flatMap((prefix) =>
    names.flatMap((name) => [`${prefix}-${name}`, `${prefix}-${name}.gz`]),
  );
  const path = await findDataFile(folder, below, wanted, advice);
  const bytes = await readDataFile(path, checksums);
  const headerBytes = 8 + 4 * item.length;
  if (bytes.length < headerBytes) {
    throw new SignwaveError('E_DATA', `${path} has ${bytes.length} bytes, too few for an idx header of ${headerBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hex = (word: number): string => word.toString(16).padStart(8, '0');
  if (view.getUint32(0) !== magic) {
    throw new SignwaveError('E_DATA', `${path} starts with ${hex(view.getUint32(0))}, expected ${hex(magic)}`);
  }
  const sizes = item.map((_, i) => view.getUint32(8 + 4 * i));
  if (sizes.some((size, i) => size !== item[i])) {
    throw new SignwaveError('E_DATA', `${path} has items of ${sizes.join(' x ')}, expected ${item.join(' x ')}`);
  }
  const count = view.getUint32(4);
  const expectedBytes = headerBytes + item.reduce((product, size) => product * size, count);
  if (count === 0 || bytes.length !== expectedBytes) {
    throw new SignwaveError(
      'E_DATA',
      `${path} has ${bytes.length} bytes, expected ${expectedBytes} for ${count} items; it's cut short, empty or damaged`,
    );
  }
  return { path, count, data: bytes.subarray(headerBytes) };
}
