import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { openDataset } from '../../src/data/datasets.js';

/** Write files, given by their path below a fresh folder. @returns the folder. */
async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** A CIFAR-10 record whose red, green and blue planes start with 10, 20, 30 and count up by rows of pixels. */
function cifarRecord(label: number): Uint8Array {
  const record = new Uint8Array(3073);
  record[0] = label;
  for (let i = 0; i < 3072; i++) record[1 + i] = 10 * (1 + Math.floor(i / 1024)) + Math.floor((i % 1024) / 32);
  return record;
}

const CIFAR_NAMES = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n';

function idx(magic: number, sizes: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(magic, 0);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

const IMAGES = 't10k-images-idx3-ubyte';
const LABELS = 't10k-labels-idx1-ubyte';
const fashionImages = (count = 2) =>
  idx(
    0x803,
    [count, 28, 28],
    new Uint8Array(2 * 784).map((_, i) => i),
  );
const fashionLabels = (...labels: number[]) => idx(0x801, [labels.length], Uint8Array.from(labels));

/** A gray image of one pixel. */
const pgm = (value: number) => Buffer.from(`P5 1 1 255\n${String.fromCharCode(value)}`, 'latin1');

describe('cifar10', () => {
  test.each(['', 'cifar-10-batches-bin/'])('reads records below DIR/%s as (32, 32, 3)', async (below) => {
    const records = Buffer.concat([cifarRecord(3), cifarRecord(9)]);
    const folder = await folderOf({ [`${below}test_batch.bin`]: records, [`${below}batches.meta.txt`]: CIFAR_NAMES });
    const dataset = await openDataset(`cifar10:${folder}`);
    expect(dataset).toMatchObject({ count: 2, classNames: [...'abcdefghij'] });

    const { image, label, name } = await dataset.read(1);
    expect({ label, name }).toEqual({ label: 9, name: 'record 1' });
    expect(image).toMatchObject({ width: 32, height: 32, channels: 3 });
    expect([...image.data.subarray(0, 3), ...image.data.subarray(-3)]).toEqual([10, 20, 30, 41, 51, 61]);
  });

  test('has no class names where batches.meta.txt is absent', async () => {
    const dataset = await openDataset(`cifar10:${await folderOf({ 'test_batch.bin': cifarRecord(0) })}`);
    expect(dataset).not.toHaveProperty('classNames');
  });
});

describe('fashion-mnist', () => {
  test.each(['', '.gz'])('reads t10k files with the ending "%s"', async (ending) => {
    const pack = (bytes: Buffer) => (ending ? gzipSync(bytes) : bytes);
    const folder = await folderOf({
      [IMAGES + ending]: pack(fashionImages()),
      [LABELS + ending]: pack(fashionLabels(9, 4)),
    });
    const dataset = await openDataset(`fashion-mnist:${folder}`);
    expect(dataset).toMatchObject({ count: 2, classNames: expect.arrayContaining(['Coat', 'Ankle boot']) });
    const { image, label } = await dataset.read(1);
    expect(label).toBe(4);
    expect(image).toMatchObject({ width: 28, height: 28, channels: 1 });
    expect(image.data[0]).toBe(784 % 256);
  });
});

describe('a folder of class folders', () => {
  test('numbers classes and images in the order of ImageFolder', async () => {
    const folder = await folderOf({
      'b/2.pgm': pgm(20),
      'b/10.PGM': pgm(10),
      'b/below/1.pgm': pgm(30),
      'b/notes.txt': 'not an image',
      'B/x.pgm': pgm(40),
      'readme.txt': 'not a class',
    });
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ count: 4, classNames: ['B', 'b'] });
    const items = await Promise.all([0, 1, 2, 3].map((index) => dataset.read(index)));
    expect(items.map(({ name, label, image }) => [name, label, image.data[0]])).toEqual([
      ['B/x.pgm', 0, 40],
      ['b/10.PGM', 1, 10],
      ['b/2.pgm', 1, 20],
      ['b/below/1.pgm', 1, 30],
    ]);
  });

  test('follows links to class folders and ignores broken ones', async () => {
    const folder = await folderOf({ 'a/1.pgm': pgm(1) });
    await symlink(join(folder, 'a'), join(folder, 'z'));
    await symlink(join(folder, 'none'), join(folder, 'broken'));
    expect(await openDataset(folder)).toMatchObject({ count: 2, classNames: ['a', 'z'] });
  });
});

describeWithShared('CIFAR-10 of ../shared', () => {
  test('has 10,000 test images, of which the first is the cat', async () => {
    const dataset = await openDataset(`cifar10:${sharedPath('data')!}`);
    expect(dataset.count).toBe(10_000);
    expect(dataset.classNames?.[(await dataset.read(0)).label]).toBe('cat');
  });
});

describe('data sets that cannot be read', () => {
  const refuses = (spec: string, message: RegExp | string) =>
    expect(openDataset(spec)).rejects.toMatchObject({
      code: 'E_DATA',
      message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    });

  test('says where test_batch.bin was looked for', async () => {
    const folder = await temporaryFolder();
    await refuses(
      `cifar10:${folder}`,
      `no test_batch.bin in ${folder} or ${join(folder, 'cifar-10-batches-bin')}; give`,
    );
  });

  test.each([0, 3072, 3074])('refuses a test_batch.bin of %i bytes', async (sizeBytes) => {
    const folder = await folderOf({ 'test_batch.bin': new Uint8Array(sizeBytes) });
    await refuses(`cifar10:${folder}`, `has ${sizeBytes} bytes, expected a multiple of 3073`);
  });

  test('refuses a CIFAR-10 label above 9, naming the record', async () => {
    const folder = await folderOf({ 'test_batch.bin': Buffer.concat([cifarRecord(9), cifarRecord(10)]) });
    await refuses(`cifar10:${folder}`, /record 1 has the label 10, expected 0 to 9/);
  });

  test('refuses class names that are not ten', async () => {
    const folder = await folderOf({ 'test_batch.bin': cifarRecord(0), 'batches.meta.txt': 'a\nb\n' });
    await refuses(`cifar10:${folder}`, /has 2 class names, expected 10/);
  });

  test('names the missing file of Fashion-MNIST', async () => {
    const folder = await folderOf({ [IMAGES]: fashionImages() });
    await refuses(`fashion-mnist:${folder}`, `no ${LABELS} or ${LABELS}.gz in ${folder}`);
  });

  test.each<[string, Uint8Array, Uint8Array, RegExp]>([
    ['counts that differ', fashionImages(), fashionLabels(1), /2 images, but .* has 1 labels/],
    ['a label above 9', fashionImages(), fashionLabels(1, 10), /item 1 has the label 10, expected 0 to 9/],
    ['images in the place of labels', fashionImages(), fashionImages(), /starts with 00000803, expected 00000801/],
    [
      'other image sizes',
      idx(0x803, [1, 14, 56], new Uint8Array(784)),
      fashionLabels(1),
      /items of 14 x 56, expected 28 x 28/,
    ],
    [
      'images cut short',
      fashionImages().subarray(0, 900),
      fashionLabels(1, 1),
      /has 900 bytes, expected 1584 for 2 items/,
    ],
    [
      'a header cut short',
      fashionImages().subarray(0, 15),
      fashionLabels(1),
      /15 bytes, too few for an idx header of 16/,
    ],
    [
      'no images',
      idx(0x803, [0, 28, 28], new Uint8Array(0)),
      fashionLabels(),
      /expected 16 for 0 items; it's cut short, empty or damaged/,
    ],
    ['damaged gzip', gzipSync(fashionImages()).subarray(0, 40), fashionLabels(1, 1), /can't be unpacked/],
    ['a gzip bomb', gzipSync(new Uint8Array(65 * 2 ** 20)), fashionLabels(1, 1), /can't be unpacked/],
  ])('refuses Fashion-MNIST with %s', async (_, images, labels, message) => {
    await refuses(`fashion-mnist:${await folderOf({ [IMAGES]: images, [LABELS]: labels })}`, message);
  });

  test('names a missing folder, the reason and what can be given', async () => {
    const folder = join(await temporaryFolder(), 'none');
    await refuses(folder, `${folder} can't be opened: no such file or directory; expected a folder with one folder`);
  });

  test('refuses a file in the place of a folder', async () => {
    const folder = await folderOf({ 'a.txt': '' });
    await refuses(join(folder, 'a.txt'), 'not a directory');
  });

  test('refuses a folder without class folders, and recognises CIFAR-10', async () => {
    const folder = await folderOf({ 'test_batch.bin': cifarRecord(0) });
    await refuses(folder, new RegExp(`has no folders in it, 1 files; .*write cifar10:${folder}$`));
  });

  test('refuses an empty class folder', async () => {
    const folder = await folderOf({ 'a/1.pgm': pgm(1), 'b/notes.txt': '' });
    await refuses(folder, /class folder .*b has no image/);
  });

  test('names the image that cannot be decoded when it is read', async () => {
    const dataset = await openDataset(await folderOf({ 'a/1.bmp': 'BM' }));
    await expect(dataset.read(0)).rejects.toMatchObject({
      code: 'E_IMAGE',
      message: expect.stringMatching(/a\/1\.bmp can't/),
    });
  });
});
