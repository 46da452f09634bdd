import { SignwaveError } from '@signwave/format';
import { type Checksums, findDataFile, readDataFile, verifyLabels } from './data-file.js';
import { type MemoryImages, sharedBytes, sharedLabels, type TrainingData } from './image-set.js';

// ╒══════ idx file (big-endian) ══════╕
//   0   u32 magic: 0x0803 for bytes (count, rows, columns), 0x0801 for bytes (count)
//   4   u32 for each dimension
//   then the bytes, row-major

const SIDE = 28;
const IMAGES_MAGIC = 0x0803;
const LABELS_MAGIC = 0x0801;
/** In class order, as the authors' README lists them. */
const FASHION_CLASSES: readonly string[] = [
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
];
const DIGITS: readonly string[] = Array.from({ length: 10 }, (_, digit) => String(digit));

/** @throws {SignwaveError} `E_DATA` if a file is missing or malformed, the counts differ, or a label is above 9. */
export const openFashionMnist = (folder: string, checksums: Checksums): Promise<TrainingData> =>
  openIdx('Fashion-MNIST', FASHION_CLASSES, folder, checksums);
export const openMnist = (folder: string, checksums: Checksums): Promise<TrainingData> =>
  openIdx('MNIST', DIGITS, folder, checksums);

/** The test images alone, for whoever doesn't train; the folder need hold no others. @throws as {@link openFashionMnist}. */
export async function openFashionMnistTest(
  folder: string,
): Promise<{ readonly classNames: readonly string[]; readonly images: MemoryImages }> {
  return { classNames: FASHION_CLASSES, images: await readPart('t10k', FASHION_CLASSES.length, folder, {}) };
}

async function openIdx(
  name: string,
  classNames: readonly string[],
  folder: string,
  checksums: Checksums,
): Promise<TrainingData> {
  return {
    name,
    classNames,
    train: await readPart('train', classNames.length, folder, checksums),
    test: await readPart('t10k', classNames.length, folder, checksums),
    height: SIDE,
    width: SIDE,
    channels: 1,
  };
}

async function readPart(part: string, classes: number, folder: string, checksums: Checksums): Promise<MemoryImages> {
  const images = await readIdx(`${part}-images-idx3-ubyte`, IMAGES_MAGIC, [SIDE, SIDE], folder, checksums);
  const labels = await readIdx(`${part}-labels-idx1-ubyte`, LABELS_MAGIC, [], folder, checksums);
  if (images.count !== labels.count) {
    throw new SignwaveError(
      'E_DATA',
      `${images.path} has ${images.count} images, but ${labels.path} has ${labels.count} labels; they belong to different sets`,
    );
  }
  verifyLabels(labels.path, labels.data, classes);
  const pixels = sharedBytes(images.data.length);
  pixels.set(images.data);
  return {
    kind: 'memory',
    count: images.count,
    height: SIDE,
    width: SIDE,
    channels: 1,
    pixels,
    labels: sharedLabels(labels.data),
  };
}

interface Idx {
  readonly path: string;
  readonly count: number;
  /** (count, ...item) bytes. */
  readonly data: Uint8Array;
}

/** @param item dimensions of one item: (28, 28) for images, none for labels. */
async function readIdx(
  name: string,
  magic: number,
  item: readonly number[],
  folder: string,
  checksums: Checksums,
): Promise<Idx> {
  const advice = 'the folder has to hold the idx files of the data set, packed (.gz) or not';
  const path = await findDataFile([folder], [name, `${name}.gz`], advice);
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
