import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import type { MemoryImages } from '../../src/data/image-set.js';
import { type DataSource, openData } from '../../src/data/open-data.js';
import { cifarRecords, pixelByte, writeCifar10, writeFashionMnist } from './data-files.js';

const open = (format: DataSource['format'], folder: string, more: Partial<DataSource> = {}) =>
  openData({ format, folder, sha256: {}, side: 16, ...more });
const memory = (set: unknown): MemoryImages => set as MemoryImages;

describe('CIFAR', () => {
  test('planes become interleaved pixels, files follow each other', async () => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 3, 4);
    const data = await open('cifar10', folder);
    expect(data).toMatchObject({ name: 'CIFAR-10', height: 32, width: 32, channels: 3 });
    expect(data.classNames[9]).toBe('class9');
    const train = memory(data.train);
    expect(train.count).toBe(15);
    expect([...train.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    const image = 4;
    const pixel = 33;
    const found = train.pixels.subarray((image * 1024 + pixel) * 3, (image * 1024 + pixel) * 3 + 3);
    expect([...found]).toEqual([0, 1, 2].map((c) => pixelByte(image - 3, c * 1024 + pixel)));
  });

  test('is found in its subfolder too', async () => {
    const folder = await temporaryFolder();
    await writeCifar10(join(folder, 'cifar-10-batches-bin'), 1, 1);
    expect((await open('cifar10', folder)).train.count).toBe(5);
  });

  test('with 100 classes has its class in the second label byte', async () => {
    const folder = await temporaryFolder();
    for (const name of ['train', 'test']) await writeFile(join(folder, `${name}.bin`), cifarRecords(100, 2, 100));
    await writeFile(join(folder, 'fine_label_names.txt'), Array.from({ length: 100 }, (_, i) => `c${i}`).join('\n'));
    const data = await open('cifar100', folder);
    expect(data.classNames).toHaveLength(100);
    expect(data.train.labels[77]).toBe(77);
  });

  test('is limited to its first images', async () => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 3, 4);
    const data = await open('cifar10', folder, { trainImages: 5, testImages: 2 });
    expect([data.train.count, data.train.labels.length, data.test.count]).toEqual([5, 5, 2]);
    expect(memory(data.train).pixels).toHaveLength(5 * 3072);
  });
});

describe('idx', () => {
  test('is read packed and unpacked', async () => {
    const folder = await temporaryFolder();
    await writeFashionMnist(folder, 12, 3);
    const data = await open('fashion-mnist', folder);
    expect(data).toMatchObject({ name: 'Fashion-MNIST', height: 28, channels: 1 });
    expect([data.train.count, data.test.count, data.train.labels[11]]).toEqual([12, 3, 1]);
    expect(memory(data.train).pixels[784 + 30]).toBe(pixelByte(1, 30));
  });

  test('of the examples holds 9,000 and 2,000 images of all classes', async () => {
    const data = await open(
      'fashion-mnist',
      fileURLToPath(new URL('../../../examples/fashion-mnist', import.meta.url)),
    );
    expect([data.train.count, data.test.count]).toEqual([9000, 2000]);
    const perClass = new Array<number>(10).fill(0);
    for (const label of data.train.labels) perClass[label]!++;
    expect(Math.min(...perClass)).toBeGreaterThan(800);
  });
});

describe('a folder of class folders', () => {
  test('is sorted by class, then by name', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 'train', ['dog', 'cat'], 2);
    await writeImages(folder, 'val', ['dog', 'cat'], 1);
    const data = await open('folder', folder);
    expect(data.classNames).toEqual(['cat', 'dog']);
    expect([...data.train.labels]).toEqual([0, 0, 1, 1]);
    expect(data).toMatchObject({ height: 16, width: 16, channels: 3 });
  });

  test('with different classes for training and testing is refused', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 'train', ['cat', 'dog'], 1);
    await writeImages(folder, 'val', ['cat'], 1);
    await expect(open('folder', folder)).rejects.toThrow(/the class dog is only in .*train/);
  });
});

async function writeImages(folder: string, part: string, classes: readonly string[], count: number): Promise<void> {
  for (const [label, name] of classes.entries()) {
    await mkdir(join(folder, part, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const background = { r: 40 * label, g: 10 * i, b: 5 };
      const image = sharp({ create: { width: 24, height: 20, channels: 3, background } });
      await image.png().toFile(join(folder, part, name, `${i}.png`));
    }
  }
}

describe('bad data', () => {
  test('of another checksum is refused with both', async () => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 1, 1);
    const sha256 = createHash('sha256')
      .update(await readFile(join(folder, 'data_batch_2.bin')))
      .digest('hex');
    await open('cifar10', folder, { sha256: { 'data_batch_2.bin': sha256.toUpperCase() } });
    await expect(open('cifar10', folder, { sha256: { 'data_batch_2.bin': '0'.repeat(64) } })).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringContaining(`has the SHA-256 ${sha256}, but the config expects 000`),
    });
  });

  test.each([
    [
      'without a training file',
      (f: string) => rm(join(f, 'data_batch_5.bin')),
      /data_batch_5\.bin can't be read: no such/,
    ],
    ['without a test file', (f: string) => rm(join(f, 'test_batch.bin')), /there is no test_batch\.bin in .* or /],
    [
      'cut short',
      (f: string) => truncate(join(f, 'data_batch_1.bin'), 4000),
      /has 4000 bytes, expected a multiple of 3073/,
    ],
    ['empty', (f: string) => truncate(join(f, 'data_batch_1.bin'), 0), /has 0 bytes/],
    [
      'with an impossible label',
      (f: string) => writeFile(join(f, 'data_batch_3.bin'), cifarRecords(20, 1, 20)),
      /data_batch_3\.bin: item 10 has the label 10, expected 0 to 9/,
    ],
    ['with nine class names', (f: string) => writeFile(join(f, 'batches.meta.txt'), 'a\n'.repeat(9)), /9 class names/],
  ])('of CIFAR-10 %s is refused', async (_, spoil, message) => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 2, 2);
    await spoil(folder);
    await expect(open('cifar10', folder)).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['cut short', 'train-images-idx3-ubyte.gz', (bytes: Buffer) => bytes.subarray(0, 90), /can't be unpacked/],
    [
      'with too few labels',
      't10k-labels-idx1-ubyte',
      (bytes: Buffer) => bytes.subarray(0, 10),
      /has 10 bytes, expected 11/,
    ],
    [
      'with another magic',
      't10k-labels-idx1-ubyte',
      (bytes: Buffer) => Buffer.from(bytes).fill(9, 0, 4),
      /starts with 09090909/,
    ],
    [
      'with an impossible label',
      't10k-labels-idx1-ubyte',
      (bytes: Buffer) => Buffer.from(bytes).fill(11, 8),
      /item 0 has the label 11/,
    ],
  ])('of Fashion-MNIST %s is refused', async (_, name, spoil, message) => {
    const folder = await temporaryFolder();
    await writeFashionMnist(folder, 4, 3);
    await writeFile(join(folder, name), spoil(await readFile(join(folder, name))));
    await expect(open('fashion-mnist', folder)).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringMatching(message),
    });
  });

  test('in a folder without classes is refused', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'train'));
    await mkdir(join(folder, 'val'));
    await expect(open('folder', folder)).rejects.toThrow(/train has no folders in it/);
    await expect(open('folder', join(folder, 'train'))).rejects.toThrow(/has no train and val/);
    await expect(open('folder', join(folder, 'nowhere'))).rejects.toThrow(/can't be opened: no such file/);
  });
});
