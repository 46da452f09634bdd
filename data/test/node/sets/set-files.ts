import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';

/** Byte `at` of image `index`: every image and pixel is another one. */
export const pixelByte = (index: number, at: number): number => (index * 7 + at * 13 + (at >> 8)) & 0xff;

/** CIFAR records of `count` images whose labels are 0, 1, 2, ...; planes (3, 32, 32). */
export function cifarRecords(count: number, labelBytes = 1, classes = 10): Uint8Array {
  const recordBytes = labelBytes + 3072;
  const records = new Uint8Array(count * recordBytes);
  for (let i = 0; i < count; i++) {
    records[i * recordBytes + labelBytes - 1] = i % classes;
    for (let at = 0; at < 3072; at++) records[i * recordBytes + labelBytes + at] = pixelByte(i, at);
  }
  return records;
}

/** A folder like CIFAR-10's, with `perFile` images in each of its five training files. */
export async function writeCifar10(folder: string, perFile: number, testCount: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 1; i <= 5; i++) await writeFile(join(folder, `data_batch_${i}.bin`), cifarRecords(perFile));
  await writeFile(join(folder, 'test_batch.bin'), cifarRecords(testCount));
  await writeFile(join(folder, 'batches.meta.txt'), Array.from({ length: 10 }, (_, i) => `class${i}`).join('\n'));
}

/** An idx file: images (count, 28, 28) or labels (count). */
export function idxFile(kind: 'images' | 'labels', count: number): Uint8Array {
  const header = kind === 'images' ? [0x0803, count, 28, 28] : [0x0801, count];
  const itemBytes = kind === 'images' ? 784 : 1;
  const file = new Uint8Array(4 * header.length + count * itemBytes);
  const view = new DataView(file.buffer);
  header.forEach((word, i) => {
    view.setUint32(4 * i, word);
  });
  for (let i = 0; i < count; i++) {
    for (let at = 0; at < itemBytes; at++) {
      file[4 * header.length + i * itemBytes + at] = kind === 'images' ? pixelByte(i, at) : i % 10;
    }
  }
  return file;
}

export async function writeFashionMnist(folder: string, trainCount: number, testCount: number): Promise<void> {
  for (const [part, count] of [
    ['train', trainCount],
    ['t10k', testCount],
  ] as const) {
    await writeFile(join(folder, `${part}-images-idx3-ubyte.gz`), gzipSync(idxFile('images', count)));
    await writeFile(join(folder, `${part}-labels-idx1-ubyte`), idxFile('labels', count));
  }
}

/** Write files, given by their path below `folder`. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** An image of one gray pixel. */
export const pgm = (value: number): Uint8Array => Buffer.from(`P5 1 1 255\n${String.fromCharCode(value)}`, 'latin1');

/** An image file of the kind that its name says, from RGB bytes (height, width, 3). */
export async function writeImage(path: string, width: number, height: number, rgb: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await sharp(rgb, { raw: { width, height, channels: 3 } }).toFile(path);
}
