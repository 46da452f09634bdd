import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../../test/shared.js';
import { temporaryFolder } from '../../../../test/temp-folder.js';
import { type DataSource, openDataset } from '../../../src/node/sets/open-dataset.js';
import { readItem } from '../../../src/node/sets/read-item.js';
import { parseDataArgument } from '../../../src/sets/formats.js';
import { type PickleStyle, pickledBatch, pickledCall, pickledNames } from './pickle.js';
import { cifarRecords, idxFile, pixelByte, writeFiles } from './set-files.js';

const open = (argument: string, more: Partial<DataSource> = {}) =>
  openDataset({ ...parseDataArgument(argument), part: 'test', ...more });
const folderOf = async (files: Readonly<Record<string, string | Uint8Array>>) =>
  writeFiles(await temporaryFolder(), files);
const refuses = (argument: string, message: RegExp | string) =>
  expect(open(argument)).rejects.toMatchObject({
    code: 'E_DATA',
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  });

/** The planes of `count` images, as records of the binary version have them. */
function planes(count: number): Uint8Array {
  const records = cifarRecords(count);
  return Buffer.concat(Array.from({ length: count }, (_, i) => records.subarray(i * 3073 + 1, (i + 1) * 3073)));
}
const labels = (count: number, classes = 10): number[] => Array.from({ length: count }, (_, i) => i % classes);

describe('cifar10', () => {
  const binary = { 'test_batch.bin': cifarRecords(12), 'batches.meta.txt': 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n' };
  const python = (style: PickleStyle) => ({
    test_batch: pickledBatch(planes(12), labels(12), { style }),
    'batches.meta': pickledNames('label_names', [...'abcdefghij'], style),
  });
  const below = (folder: string, files: Readonly<Record<string, Uint8Array | string>>) =>
    Object.fromEntries(Object.entries(files).map(([name, content]) => [join(folder, name), content]));

  test.each([
    ['binary records', binary],
    ['binary records in their folder', below('cifar-10-batches-bin', binary)],
    ['pickles of Python 2', python('python 2')],
    ['pickles of Python 2 in their folder', below('cifar-10-batches-py', python('python 2'))],
    ['pickles of Python 2 two folders below', below('cifar-10-python/cifar-10-batches-py', python('python 2'))],
    ['pickles that Python 3 wrote again', python('python 3 bytes')],
    ['pickles of Python 3', python('python 3 text')],
  ])('is read from %s to the same bytes', async (_, files) => {
    const { name, classNames, images } = await open(`cifar10:${await folderOf(files)}`);
    expect({ name, classNames, count: images.count }).toEqual({
      name: 'CIFAR-10 test images',
      classNames: [...'abcdefghij'],
      count: 12,
    });
    expect([...images.labels]).toEqual(labels(12));
    const { data, ...shape } = await readItem(images, 11);
    expect(shape).toEqual({ width: 32, height: 32, channels: 3 });
    expect([...data.subarray(3 * 33, 3 * 34)]).toEqual([0, 1, 2].map((c) => pixelByte(11, c * 1024 + 33)));
  });

  test.each(['.bin', ''])('has its five training files one after the other ("%s")', async (ending) => {
    const batch = ending ? cifarRecords(3) : pickledBatch(planes(3), labels(3));
    const files = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}${ending}`, batch]));
    const { images } = await open(`cifar10:${await folderOf(files)}`, { part: 'train' });
    expect([...images.labels]).toEqual([...labels(3), ...labels(3), ...labels(3), ...labels(3), ...labels(3)]);
  });

  test('without its file of names has the usual ones', async () => {
    const { classNames } = await open(`cifar10:${await folderOf({ 'test_batch.bin': cifarRecords(1) })}`);
    expect(classNames.slice(0, 2)).toEqual(['airplane', 'automobile']);
  });

  test('is for a model whose labels have another order, or other names', async () => {
    const argument = `cifar10:${await folderOf({ 'test_batch.bin': cifarRecords(10) })}`;
    const { classNames } = await open(argument);
    const moved = await open(argument, { model: { count: 10, labels: [...classNames].reverse() } });
    expect([...moved.images.labels]).toEqual(labels(10).reverse());
    expect(moved.remarks).toMatchObject([{ isWarning: false, text: expect.stringContaining('matched by name') }]);
    const other = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
    const renamed = await open(argument, { model: { count: 10, labels: other } });
    expect([...renamed.images.labels]).toEqual(labels(10));
    expect(renamed.remarks).toMatchObject([{ isWarning: false, text: expect.stringContaining('taken in order') }]);
    const contrary = await open(argument, { model: { count: 10, labels: [...other].reverse() } });
    expect(contrary.remarks).toMatchObject([{ isWarning: true }]);
    await expect(open(argument, { model: { count: 3 } })).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringMatching(/10 classes .* but the model has 3: it's a model for other data/),
    });
  });

  test.each<[string, Record<string, string | Uint8Array>, RegExp | string]>([
    ['that is missing', {}, /no test_batch\.bin or test_batch in .* or in cifar-10-batches-bin\/, .*; give the folder/],
    [
      'of a part of a record',
      { 'test_batch.bin': new Uint8Array(3074) },
      'has 3074 bytes, expected a multiple of 3073',
    ],
    ['that is empty', { 'test_batch.bin': '' }, 'has 0 bytes'],
    [
      'with a label above 9',
      { 'test_batch.bin': cifarRecords(12, 1, 11) },
      'item 10 has the label 10, expected 0 to 9',
    ],
    ['with two class names', { ...binary, 'batches.meta.txt': 'a\nb\n' }, 'has 2 class names, expected 10'],
    [
      'whose pickle is cut short',
      { test_batch: pickledBatch(planes(2), [0, 1]).subarray(0, 900) },
      'test_batch is no pickled batch',
    ],
    [
      'whose pickle asks for a call',
      { test_batch: pickledCall('os', 'system') },
      /names os\.system, which no batch .* nothing was executed/,
    ],
    ['whose pickle is another thing', { test_batch: 'hello' }, 'is no pickled batch'],
    [
      'whose pickle has no labels',
      { test_batch: pickledBatch(planes(1), [0], { labelsKey: 'fine_labels' }) },
      /for "labels" of 1 images there are no list of labels; it has .*fine_labels/,
    ],
    ['whose pickle has too few labels', { test_batch: pickledBatch(planes(2), [0]) }, '2 images there are 1 labels'],
    ['whose pickle has other rows', { test_batch: pickledBatch(planes(1), [0], { row: 1024 }) }, 'shape (3, 1024)'],
    [
      'whose pickle has other numbers',
      { test_batch: pickledBatch(planes(1), [0], { type: 'f4' }) },
      'no array of bytes as "data"',
    ],
  ])('%s is refused', async (_, files, message) => {
    await refuses(`cifar10:${await folderOf(files)}`, message);
  });

  test('of a file or a folder that is not there is refused', async () => {
    const folder = await folderOf({ 'cifar-10-binary.tar.gz': '' });
    await refuses(`cifar10:${folder}/cifar-10-binary.tar.gz`, 'is a file; an archive has to be unpacked first');
    await refuses(`cifar10:${folder}/none`, `there is no ${folder}/none`);
    await refuses('cifar10:', 'names no folder');
  });
});

describe('cifar100', () => {
  test.each([
    ['binary records', { 'cifar-100-binary/test.bin': cifarRecords(100, 2, 100) }],
    ['pickles', { 'cifar-100-python/test': pickledBatch(planes(100), labels(100, 100), { labelsKey: 'fine_labels' }) }],
  ])('has its fine classes, from %s', async (_, files) => {
    const { classNames, images } = await open(`cifar100:${await folderOf(files)}`);
    expect(classNames).toHaveLength(100);
    expect(classNames[77]).toBe('snail');
    expect([...images.labels]).toEqual(labels(100, 100));
  });
});

describe.each(['mnist', 'fashion-mnist'])('%s', (format) => {
  const [images, names] = [idxFile('images', 3), idxFile('labels', 3)];

  test.each<[string, string, string]>([
    ['as it is published', 't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'],
    ['unpacked', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
    ['named with dots', 't10k-images.idx3-ubyte', 't10k-labels.idx1-ubyte'],
    ['packed and named with dots', 't10k-images.idx3-ubyte.gz', 't10k-labels.idx1-ubyte.gz'],
    ['as "test"', 'test-images-idx3-ubyte', 'test-labels-idx1-ubyte'],
    [
      'in folders of the same names',
      't10k-images-idx3-ubyte/t10k-images-idx3-ubyte',
      't10k-labels-idx1-ubyte/t10k-labels-idx1-ubyte',
    ],
    ['in torchvision’s folder', '@/raw/t10k-images-idx3-ubyte', '@/raw/t10k-labels-idx1-ubyte.gz'],
    ['in "raw"', 'raw/t10k-images-idx3-ubyte', 'raw/t10k-labels-idx1-ubyte'],
  ])('is found %s', async (_, imagesName, labelsName) => {
    const place = (name: string) => name.replace('@', format === 'mnist' ? 'MNIST' : 'FashionMNIST');
    const content = (name: string, bytes: Uint8Array) => (name.endsWith('.gz') ? gzipSync(bytes) : bytes);
    const folder = await folderOf({
      [place(imagesName)]: content(imagesName, images),
      [place(labelsName)]: content(labelsName, names),
    });
    const dataset = await open(`${format}:${folder}/`);
    expect([...dataset.images.labels]).toEqual([0, 1, 2]);
    const { data, ...shape } = await readItem(dataset.images, 1);
    expect(shape).toEqual({ width: 28, height: 28, channels: 1 });
    expect(data[30]).toBe(pixelByte(1, 30));
  });

  test('of both parts is read from the files with dots that Kaggle has', async () => {
    const folder = new URL('../../../../test/cases/data/mnist-dots', import.meta.url).pathname;
    const counts = [await open(`${format}:${folder}`, { part: 'train' }), await open(`${format}:${folder}`)];
    expect(counts.map((it) => it.images.count)).toEqual([4, 2]);
  });

  test('names the file that is missing', async () => {
    const folder = await folderOf({ 't10k-images-idx3-ubyte': images });
    await refuses(`${format}:${folder}`, /no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte\.gz or .* in /);
  });

  test.each<[string, Uint8Array, Uint8Array, RegExp]>([
    ['counts that differ', images, idxFile('labels', 1), /3 images, but .* has 1 labels/],
    ['a label above 9', images, Buffer.from(names).fill(11, 9), /item 1 has the label 11, expected 0 to 9/],
    ['images in the place of labels', images, images, /starts with 00000803, expected 00000801/],
    ['other image sizes', Buffer.from(images).fill(14, 11, 12), names, /items of 14 x 28, expected 28 x 28/],
    ['images cut short', images.subarray(0, 900), names, /has 900 bytes, expected 2368 for 3 items/],
    ['a header cut short', images.subarray(0, 15), names, /15 bytes, too few for an idx header of 16/],
    [
      'no images',
      idxFile('images', 0),
      idxFile('labels', 0),
      /expected 16 for 0 items; it's cut short, empty or damaged/,
    ],
    ['damaged gzip', gzipSync(images).subarray(0, 40), names, /can't be unpacked/],
    ['a gzip bomb', gzipSync(new Uint8Array(65 * 2 ** 20)), names, /can't be unpacked/],
  ])('refuses %s', async (_, imageFile, labelFile, message) => {
    const folder = await folderOf({ 't10k-images-idx3-ubyte': imageFile, 't10k-labels-idx1-ubyte': labelFile });
    await refuses(`${format}:${folder}`, message);
  });
});

test('MNIST and Fashion-MNIST in one folder, as torchvision keeps them, are told apart', async () => {
  const files = (count: number, folder: string) => ({
    [`${folder}/raw/t10k-images-idx3-ubyte`]: idxFile('images', count),
    [`${folder}/raw/t10k-labels-idx1-ubyte`]: idxFile('labels', count),
  });
  const folder = await folderOf({ ...files(2, 'MNIST'), ...files(3, 'FashionMNIST') });
  expect((await open(`mnist:${folder}`)).images.count).toBe(2);
  expect((await open(`fashion-mnist:${folder}`)).images.count).toBe(3);
  await rm(join(folder, 'MNIST'), { recursive: true });
  await refuses(`mnist:${folder}`, 'there is no t10k-images');
});

describeWithShared('CIFAR-10 as it is distributed', () => {
  test('has 10,000 test images, of which the first is the cat', async () => {
    const { images, classNames } = await open(`cifar10:${sharedPath('data')!}`);
    expect(images.count).toBe(10_000);
    expect(classNames[images.labels[0]!]).toBe('cat');
  });
});
