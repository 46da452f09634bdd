import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SignwaveError } from '@signwave/format';
import type { Dataset } from './datasets.js';
import { fileExists, readFileBytes } from './file-access.js';

// ╒══════ idx file (big-endian) ══════╕
//   0   u32 magic: 0x0803 for bytes (count, rows, columns), 0x0801 for bytes (count)
//   4   u32 for each dimension
//   then the bytes, row-major

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const IMAGES_MAGIC = 0x0803;
const LABELS_MAGIC = 0x0801;
/** In class order, as the authors' README lists them. */
const CLASS_NAMES: readonly string[] = [
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
/** The training images, the largest file of the set, unpack to 47 MB; more is another file or a gzip bomb. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;
const ADVICE = 'give the folder with t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz (packed or not)';

/**
 * The test images of Fashion-MNIST: gray, 28 x 28 pixels. Both files are held in memory (8 MB).
 *
 * @throws {SignwaveError} `E_DATA` if a file is missing or malformed, the counts differ, or a label is above 9.
 */
export async function openFashionMnist(folder: string): Promise<Dataset> {
  const images = await readIdx(folder, 't10k-images-idx3-ubyte', IMAGES_MAGIC, [SIDE, SIDE]);
  const labels = await readIdx(folder, 't10k-labels-idx1-ubyte', LABELS_MAGIC, []);
  if (images.count !== labels.count) {
    throw new SignwaveError(
      'E_DATA',
      `${images.path} has ${images.count} images, but ${labels.path} has ${labels.count} labels; they belong to different sets`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= CLASS_NAMES.length);
  if (wrong >= 0) {
    throw new SignwaveError(
      'E_DATA',
      `${labels.path}: label ${wrong} is ${labels.data[wrong]}, expected 0 to ${CLASS_NAMES.length - 1}; ${ADVICE}`,
    );
  }
  return {
    name: 'Fashion-MNIST test images',
    count: images.count,
    classNames: CLASS_NAMES,
    read: async (index) => {
      const data = images.data.slice(index * PIXELS, (index + 1) * PIXELS);
      return {
        image: { width: SIDE, height: SIDE, channels: 1, data },
        label: labels.data[index]!,
        name: `image ${index}`,
      };
    },
  };
}

interface Idx {
  readonly path: string;
  readonly count: number;
  /** (count, ...item) bytes. */
  readonly data: Uint8Array;
}

/** @param item dimensions of one item: (28, 28) for images, none for labels. */
async function readIdx(folder: string, name: string, magic: number, item: readonly number[]): Promise<Idx> {
  const path = await findFile(folder, name);
  const bytes = await unpack(path, await readFileBytes(path, 'E_DATA'));
  const headerBytes = 8 + 4 * item.length;
  if (bytes.length < headerBytes) {
    throw new SignwaveError('E_DATA', `${path} has ${bytes.length} bytes, too few for an idx header of ${headerBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== magic) {
    const found = view.getUint32(0).toString(16).padStart(8, '0');
    throw new SignwaveError(
      'E_DATA',
      `${path} starts with ${found}, expected ${magic.toString(16).padStart(8, '0')}; ${ADVICE}`,
    );
  }
  const sizes = item.map((_, i) => view.getUint32(8 + 4 * i));
  if (sizes.some((size, i) => size !== item[i])) {
    throw new SignwaveError('E_DATA', `${path} has items of ${sizes.join(' x ')}, expected ${item.join(' x ')}`);
  }
  const count = view.getUint32(4);
  const wanted = item.reduce((product, size) => product * size, count);
  if (count === 0 || bytes.length - headerBytes !== wanted) {
    throw new SignwaveError(
      'E_DATA',
      `${path} says ${count} items, which are ${wanted} bytes, but ${bytes.length - headerBytes} follow the header; it's empty, cut short or damaged`,
    );
  }
  return { path, count, data: bytes.subarray(headerBytes) };
}

async function findFile(folder: string, name: string): Promise<string> {
  for (const path of [join(folder, name), join(folder, `${name}.gz`)]) if (await fileExists(path)) return path;
  throw new SignwaveError('E_DATA', `there is no ${name} or ${name}.gz in ${folder}; ${ADVICE}`);
}

async function unpack(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    throw new SignwaveError('E_DATA', `${path} can't be unpacked: ${(cause as Error).message}; fetch it again`, {
      cause,
    });
  }
}
