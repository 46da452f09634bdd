import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DataFormat, type ImageSet, type MemoryImages, sampleIndices } from '@signwave/data';
import { itemName, openDataset, readItem } from '@signwave/data/node';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  cifarRecords,
  pgm,
  pixelByte,
  writeCifar10,
  writeFashionMnist,
  writeFiles,
} from '../../../data/test/node/sets/set-files.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { type BatchPlan, NO_AUGMENTATION } from '../../src/data/batch-plan.js';
import { makeBatches } from '../../src/data/make-batches.js';
import { type DataSource, type OpenOptions, openData } from '../../src/data/open-data.js';

const EXAMPLES = fileURLToPath(new URL('../../../examples/fashion-mnist', import.meta.url));
const CASES = fileURLToPath(new URL('../../../test/cases/data/', import.meta.url));

const open = (
  format: DataFormat,
  folder: string,
  more: Partial<DataSource> = {},
  { isStrict = false, log = () => {}, scan = () => {} }: Partial<OpenOptions> = {},
) => openData({ format, folder, sha256: {}, side: 16, ...more }, { isStrict, log, scan });
const memory = (set: ImageSet): MemoryImages => set as MemoryImages;
const names = (set: ImageSet): string[] => Array.from({ length: set.count }, (_, i) => itemName(set, i));

describe('CIFAR', () => {
  test('has planes as interleaved pixels, files one after the other', async () => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 3, 4);
    const data = await open('cifar10', folder);
    expect(data).toMatchObject({ height: 32, width: 32, channels: 3 });
    expect(data.classNames[9]).toBe('class9');
    const train = memory(data.train);
    expect(train.count).toBe(15);
    expect([...train.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    const [image, pixel] = [4, 33];
    const found = train.pixels.subarray((image * 1024 + pixel) * 3, (image * 1024 + pixel) * 3 + 3);
    expect([...found]).toEqual([0, 1, 2].map((c) => pixelByte(image - 3, c * 1024 + pixel)));
  });

  test('with 100 classes has its class in the second label byte', async () => {
    const folder = await temporaryFolder();
    for (const name of ['train', 'test']) await writeFile(join(folder, `${name}.bin`), cifarRecords(100, 2, 100));
    await writeFile(join(folder, 'fine_label_names.txt'), Array.from({ length: 100 }, (_, i) => `c${i}`).join('\n'));
    const data = await open('cifar100', folder);
    expect(data.classNames).toHaveLength(100);
    expect(data.train.labels[77]).toBe(77);
  });
});

describe('a part of the images', () => {
  test('is taken evenly over the classes, and said', async () => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 10, 40);
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const data = await open('cifar10', folder, { trainImages: 20, testImages: 10 }, { log });
    const perClass = (set: ImageSet) =>
      Array.from({ length: 10 }, (_, c) => [...set.labels].filter((label) => label === c).length);
    expect(perClass(data.train)).toEqual(new Array(10).fill(2));
    expect(perClass(data.test)).toEqual(new Array(10).fill(1));
    expect(memory(data.train).pixels).toHaveLength(20 * 3072);
    expect(lines).toEqual([
      'CIFAR-10 training images: 20 of 50 images, evenly over 10 classes, seed 0',
      'CIFAR-10 test images: 10 of 40 images, evenly over 10 classes, seed 0',
    ]);
  });

  test('of the test images is what eval takes with --limit, byte for byte', async () => {
    const { test: trained } = await open('fashion-mnist', EXAMPLES, { testImages: 30 });
    const { images } = await openDataset({ format: 'fashion-mnist', folder: EXAMPLES, part: 'test' });
    const indices = [...sampleIndices(images.labels, 30)];
    for (const [n, index] of indices.entries()) {
      expect(trained.labels[n]).toBe(images.labels[index]);
      expect(await readItem(trained, n)).toEqual(await readItem(images, index));
    }
  });
});

describe('batches of test images', () => {
  test.each(['cifar10', 'cifar100', 'mnist', 'fashion-mnist'] as const)(
    'of %s are the bytes and classes that eval reads',
    async (format) => {
      const folder = await temporaryFolder();
      await writeCifar10(folder, 1, 12);
      await writeFashionMnist(folder, 2, 12);
      for (const name of ['train', 'test']) await writeFile(join(folder, `${name}.bin`), cifarRecords(12, 2, 100));
      const { test: set, channels } = await open(format, folder);
      const { images } = await openDataset({ format, folder, part: 'test' });
      const plan: BatchPlan = {
        seed: 1,
        batchSize: 12,
        shuffle: false,
        augmentation: NO_AUGMENTATION,
        mean: new Array(channels).fill(0),
        std: new Array(channels).fill(1 / 255),
        side: 32,
        dropsSingle: false,
      };
      const { value: batch } = await makeBatches(set, plan, { first: { epoch: 0, batch: 0 }, epochs: 1 }).next();
      const bytes = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => [...(await readItem(images, i)).data]),
      );
      expect(Array.from(batch!.images, Math.round)).toEqual(bytes.flat());
      expect([...batch!.labels]).toEqual([...images.labels]);
    },
  );
});

test('the examples hold 9,000 and 2,000 images of all classes', async () => {
  const data = await open('fashion-mnist', EXAMPLES);
  expect([data.train.count, data.test.count]).toEqual([9000, 2000]);
  const perClass = new Array<number>(10).fill(0);
  for (const label of data.train.labels) perClass[label]!++;
  expect(Math.min(...perClass)).toBeGreaterThan(800);
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

  test('is read in every format that eval reads, PPM beside PNG', async () => {
    const data = await open('folder', `${CASES}ppm-and-png`);
    expect([data.train.count, data.test.count]).toEqual([10, 10]);
    const { images } = await openDataset({ format: 'folder', folder: `${CASES}ppm-and-png`, part: 'test' });
    expect(names(data.test)).toEqual(names(images));
  });

  test('with different classes for training and testing is refused, all of them named', async () => {
    const folder = await writeFiles(await temporaryFolder(), {
      ...Object.fromEntries(['cat', 'dog', 'emu'].map((name) => [`train/${name}/1.pgm`, pgm(1)])),
      ...Object.fromEntries(['cat', 'yak'].map((name) => [`val/${name}/1.pgm`, pgm(1)])),
    });
    await expect(open('folder', folder)).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringContaining('only for training there are dog, emu, and only for testing there are yak'),
    });
  });

  test('says what it leaves out, and that its numbers aren’t in order', async () => {
    const lines: string[] = [];
    const folder = await writeFiles(await temporaryFolder(), {
      ...Object.fromEntries(['2', '10'].map((name) => [`train/${name}/1.pgm`, pgm(1)])),
      ...Object.fromEntries(['2', '10'].map((name) => [`val/${name}/1.pgm`, pgm(1)])),
      'train/2/.DS_Store': '',
    });
    const data = await open('folder', folder, {}, { log: (line) => lines.push(line) });
    expect(data.classNames).toEqual(['10', '2']);
    expect(lines.join('\n')).toContain('left out 1 hidden file (2/.DS_Store)');
    expect(lines.join('\n')).toContain('class folders are in the order of their characters, as in torchvision: 10, 2');
  });

  test('has images that can’t be decoded left out before the training, named and counted', async () => {
    const folder = await writeFiles(await temporaryFolder(), {
      'train/a/1.pgm': pgm(1),
      'train/a/2.pgm': pgm(2).subarray(0, 9),
      'train/b/3.pgm': pgm(3),
      'val/a/4.pgm': pgm(4),
      'val/b/5.png': 'no image',
    });
    const lines: string[] = [];
    const scanned: string[] = [];
    const log = (line: string) => lines.push(line);
    const scan = (done: number, total: number) => scanned.push(`${done}/${total}`);
    const data = await open('folder', folder, {}, { log, scan });
    expect(names(data.train)).toEqual(['a/1.pgm', 'b/3.pgm']);
    expect([...data.train.labels]).toEqual([0, 1]);
    expect(names(data.test)).toEqual(['a/4.pgm']);
    expect(scanned).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5']);
    expect(lines.join('\n')).toMatch(
      /warning: 2 of 5 images can't be decoded and are left out:\n {2}.*a\/2\.pgm .*\n {2}.*b\/5\.png/,
    );
    await expect(open('folder', folder, {}, { isStrict: true })).rejects.toMatchObject({
      code: 'E_IMAGE',
      message: expect.stringMatching(/2 of 5 images can't be decoded: .*2\.pgm.*5\.png/),
    });
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
    [
      'without a test file',
      (f: string) => rm(join(f, 'test_batch.bin')),
      /there is no test_batch\.bin or test_batch in /,
    ],
    [
      'cut short',
      (f: string) => truncate(join(f, 'data_batch_1.bin'), 4000),
      /has 4000 bytes, expected a multiple of 3073/,
    ],
    [
      'with an impossible label',
      (f: string) => writeFile(join(f, 'data_batch_3.bin'), cifarRecords(20, 1, 20)),
      /data_batch_3\.bin: item 10 has the label 10, expected 0 to 9/,
    ],
  ])('of CIFAR-10 %s is refused', async (_, spoil, message) => {
    const folder = await temporaryFolder();
    await writeCifar10(folder, 2, 2);
    await spoil(folder);
    await expect(open('cifar10', folder)).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringMatching(message),
    });
  });

  test('of a single training image is refused', async () => {
    const folder = await temporaryFolder();
    await writeFashionMnist(folder, 1, 1);
    await expect(open('fashion-mnist', folder)).rejects.toThrow(/has 1 images for training and 1 for testing/);
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
