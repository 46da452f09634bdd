import { join } from 'node:path';
import type { RasterImage } from '@signwave/data';
import { fileExists, readFileBytes } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import type { Dataset } from './datasets.js';

// ╒══════ record of test_batch.bin (3073 bytes, no header) ══════╕
//   0      label, 0 to 9
//   1      1024 red bytes, row-major (32, 32)
//   1025   1024 green
//   2049   1024 blue

const SIDE = 32;
const PLANE_BYTES = SIDE * SIDE;
const RECORD_BYTES = 1 + 3 * PLANE_BYTES;
const CLASSES = 10;
const ADVICE =
  'give the folder of the "binary version" of CIFAR-10, with test_batch.bin in it or in cifar-10-batches-bin/';

/**
 * The test images of CIFAR-10 in its official binary format, from `folder` or its `cifar-10-batches-bin`. Class names
 * come from `batches.meta.txt`, where it is there. The whole file (31 MB) is held in memory.
 *
 * @throws {SignwaveError} `E_DATA` if it is missing, isn't made of whole records, or a label is above 9.
 */
export async function openCifar10(folder: string): Promise<Dataset> {
  const directory = await findFolder(folder);
  const path = join(directory, 'test_batch.bin');
  const records = await readFileBytes(path, 'E_DATA');
  if (records.length === 0 || records.length % RECORD_BYTES !== 0) {
    throw new SignwaveError(
      'E_DATA',
      `${path} has ${records.length} bytes, expected a multiple of ${RECORD_BYTES} (a CIFAR-10 record); it's cut short or another file`,
    );
  }
  const count = records.length / RECORD_BYTES;
  for (let index = 0; index < count; index++) {
    const label = records[index * RECORD_BYTES]!;
    if (label >= CLASSES) {
      throw new SignwaveError(
        'E_DATA',
        `${path}: record ${index} has the label ${label}, expected 0 to ${CLASSES - 1}; ${ADVICE}`,
      );
    }
  }
  const classNames = await readClassNames(join(directory, 'batches.meta.txt'));
  return {
    name: 'CIFAR-10 test images',
    count,
    ...(classNames && { classNames }),
    read: async (index) => {
      const record = records.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES);
      return { image: imageOf(record), label: record[0]!, name: `record ${index}` };
    },
  };
}

async function findFolder(folder: string): Promise<string> {
  const candidates = [folder, join(folder, 'cifar-10-batches-bin')];
  for (const candidate of candidates) if (await fileExists(join(candidate, 'test_batch.bin'))) return candidate;
  throw new SignwaveError('E_DATA', `there is no test_batch.bin in ${candidates.join(' or ')}; ${ADVICE}`);
}

async function readClassNames(path: string): Promise<string[] | undefined> {
  if (!(await fileExists(path))) return undefined;
  const text = new TextDecoder().decode(await readFileBytes(path, 'E_DATA'));
  const names = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (names.length === CLASSES) return names.map((name) => name.trim());
  throw new SignwaveError('E_DATA', `${path} has ${names.length} class names, expected ${CLASSES}`);
}

/** Planes (3, 32, 32) after the label byte to (32, 32, 3). */
function imageOf(record: Uint8Array): RasterImage {
  const data = new Uint8Array(3 * PLANE_BYTES);
  for (let pixel = 0; pixel < PLANE_BYTES; pixel++) {
    for (let c = 0; c < 3; c++) data[pixel * 3 + c] = record[1 + c * PLANE_BYTES + pixel]!;
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}
