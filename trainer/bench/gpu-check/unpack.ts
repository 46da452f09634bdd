import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, type Manifest } from './bundle-layout.js';
import { fromResiduals, IMAGE_BYTES } from './image-residuals.js';

/** A record of CIFAR-10's binary version: a label and an image. */
const RECORD_BYTES = 1 + IMAGE_BYTES;
/** CIFAR-10 has its training images in five files. */
const TRAIN_FILES = 5;
const MOST_BYTES = 2 ** 29;

/** Where the unpacked parts of a bundle are. */
export const dawnIn = (work: string): string => join(work, 'dawn.node');
export const cifarIn = (work: string): string => join(work, 'cifar-10-batches-bin');

/** Unpack Dawn and the images into `work`. @throws {Error} if xz fails. */
export function unpack(bundle: string, work: string, { trainImages, testImages }: Manifest): void {
  // A folder that was copied may have lost the right to be executed.
  const xz = join(work, 'xz');
  copyFileSync(join(bundle, FILES.xz), xz);
  chmodSync(xz, 0o755);
  writeFileSync(dawnIn(work), unpacked(xz, bundle, FILES.dawn));
  const images = fromResiduals(unpacked(xz, bundle, FILES.images));
  const labels = readFileSync(join(bundle, FILES.labels));
  mkdirSync(cifarIn(work), { recursive: true });
  const share = trainImages / TRAIN_FILES;
  for (let i = 0; i < TRAIN_FILES; i++) {
    const [first, end] = [Math.floor(i * share), Math.floor((i + 1) * share)];
    writeFileSync(join(cifarIn(work), `data_batch_${i + 1}.bin`), recordsOf(images, labels, first, end));
  }
  const test = recordsOf(images, labels, trainImages, trainImages + testImages);
  writeFileSync(join(cifarIn(work), 'test_batch.bin'), test);
}

/** @param xz the bundle's own, since a machine may have none. */
function unpacked(xz: string, bundle: string, name: string): Uint8Array {
  const { stdout, stderr, status, error } = spawnSync(xz, ['-dc', join(bundle, name)], {
    maxBuffer: MOST_BYTES,
    env: { ...process.env, LD_LIBRARY_PATH: join(bundle, 'lib') },
  });
  if (status !== 0) throw new Error(`${name} can't be unpacked: ${error?.message ?? stderr.toString().trim()}`);
  return stdout;
}

function recordsOf(images: Uint8Array, labels: Uint8Array, first: number, end: number): Uint8Array {
  const records = new Uint8Array((end - first) * RECORD_BYTES);
  for (let i = first; i < end; i++) {
    records[(i - first) * RECORD_BYTES] = labels[i]!;
    records.set(images.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES), (i - first) * RECORD_BYTES + 1);
  }
  return records;
}
