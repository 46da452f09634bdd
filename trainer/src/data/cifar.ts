import { dirname, join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { type Checksums, findDataFile, readDataFile, verifyLabels } from './data-file.js';
import { type MemoryImages, sharedBytes, sharedLabels, type TrainingData } from './image-set.js';

// ╒══════ record (no header; 1 label byte in CIFAR-10, 2 in CIFAR-100: coarse, fine) ══════╕
//   0                label bytes; the last one is the class
//   labelBytes       1024 red bytes, row-major (32, 32)
//   labelBytes+1024  1024 green
//   labelBytes+2048  1024 blue

const SIDE = 32;
const PLANE_BYTES = SIDE * SIDE;

interface Layout {
  readonly name: string;
  readonly subfolder: string;
  readonly train: readonly string[];
  readonly test: string;
  readonly classFile: string;
  readonly classes: number;
  readonly labelBytes: number;
}

const CIFAR10: Layout = {
  name: 'CIFAR-10',
  subfolder: 'cifar-10-batches-bin',
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: 'test_batch.bin',
  classFile: 'batches.meta.txt',
  classes: 10,
  labelBytes: 1,
};
const CIFAR100: Layout = {
  name: 'CIFAR-100',
  subfolder: 'cifar-100-binary',
  train: ['train.bin'],
  test: 'test.bin',
  classFile: 'fine_label_names.txt',
  classes: 100,
  labelBytes: 2,
};

/** @throws {SignwaveError} `E_DATA` if a file is missing, isn't made of whole records, or has an impossible label. */
export const openCifar10 = (folder: string, checksums: Checksums): Promise<TrainingData> =>
  openCifar(CIFAR10, folder, checksums);
export const openCifar100 = (folder: string, checksums: Checksums): Promise<TrainingData> =>
  openCifar(CIFAR100, folder, checksums);

async function openCifar(layout: Layout, folder: string, checksums: Checksums): Promise<TrainingData> {
  const advice = `data.folder has to be the folder of the "binary version" of ${layout.name}, or the one above ${layout.subfolder}/`;
  const directory = dirname(await findDataFile([folder, join(folder, layout.subfolder)], [layout.test], advice));
  const classNames = await readClassNames(join(directory, layout.classFile), layout.classes, checksums);
  const read = async (names: readonly string[]): Promise<MemoryImages> =>
    readRecords(
      layout,
      names.map((name) => join(directory, name)),
      checksums,
    );
  return {
    name: layout.name,
    classNames,
    train: await read(layout.train),
    test: await read([layout.test]),
    height: SIDE,
    width: SIDE,
    channels: 3,
  };
}

async function readRecords(layout: Layout, paths: readonly string[], checksums: Checksums): Promise<MemoryImages> {
  const recordBytes = layout.labelBytes + 3 * PLANE_BYTES;
  const files: Uint8Array[] = [];
  for (const path of paths) {
    const bytes = await readDataFile(path, checksums);
    if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
      throw new SignwaveError(
        'E_DATA',
        `${path} has ${bytes.length} bytes, expected a multiple of ${recordBytes} (a ${layout.name} record); it's cut short or another file`,
      );
    }
    files.push(bytes);
  }
  const count = files.reduce((sum, bytes) => sum + bytes.length / recordBytes, 0);
  const pixels = sharedBytes(count * 3 * PLANE_BYTES);
  const labels = sharedLabels(new Uint16Array(count));
  let index = 0;
  for (const [i, bytes] of files.entries()) {
    const first = index;
    for (let at = 0; at < bytes.length; at += recordBytes, index++) {
      labels[index] = bytes[at + layout.labelBytes - 1]!;
      interleave(bytes, at + layout.labelBytes, pixels, index * 3 * PLANE_BYTES);
    }
    verifyLabels(paths[i]!, labels.subarray(first, index), layout.classes);
  }
  return { kind: 'memory', count, height: SIDE, width: SIDE, channels: 3, pixels, labels };
}

/** Planes (3, 32, 32) at `from` of `planes` to (32, 32, 3) at `to` of `pixels`. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let pixel = 0, out = to; pixel < PLANE_BYTES; pixel++, out += 3) {
    pixels[out] = planes[from + pixel]!;
    pixels[out + 1] = planes[from + PLANE_BYTES + pixel]!;
    pixels[out + 2] = planes[from + 2 * PLANE_BYTES + pixel]!;
  }
}

async function readClassNames(path: string, classes: number, checksums: Checksums): Promise<string[]> {
  const text = new TextDecoder().decode(await readDataFile(path, checksums));
  const names = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length === classes) return names;
  throw new SignwaveError('E_DATA', `${path} has ${names.length} class names, expected ${classes}`);
}
