import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/temp-folder.js';
import { type DataSource, openDataset } from '../../../src/node/sets/open-dataset.js';
import { itemName, readItem } from '../../../src/node/sets/read-item.js';
import { scanImages } from '../../../src/node/sets/scan-images.js';
import type { Dataset } from '../../../src/sets/image-set.js';
import { pgm, writeFiles } from './set-files.js';

const CASES = fileURLToPath(new URL('../../../../test/cases/data/', import.meta.url));
const NUMBERS = Array.from({ length: 12 }, (_, i) => String(i));
const open = (folder: string, more: Partial<DataSource> = {}) =>
  openDataset({ format: 'folder', folder, part: 'test', ...more });
const folderOf = async (files: Readonly<Record<string, string | Uint8Array>>) =>
  writeFiles(await temporaryFolder(), files);
const items = ({ images }: Dataset) => Array.from(images.labels, (label, i) => [itemName(images, i), label]);
const texts = ({ remarks }: Dataset) => remarks.map(({ text }) => text).join('\n');
const refuses = (folder: string, message: RegExp, more: Partial<DataSource> = {}) =>
  expect(open(folder, more)).rejects.toMatchObject({ code: 'E_DATA', message: expect.stringMatching(message) });

describe('a folder of class folders', () => {
  test('numbers classes and images in the order of ImageFolder', async () => {
    const dataset = await open(
      await folderOf({
        'b/2.pgm': pgm(20),
        'b/10.PGM': pgm(10),
        'b/below/1.pgm': pgm(30),
        'B/x.pgm': pgm(40),
      }),
    );
    expect(dataset.classNames).toEqual(['B', 'b']);
    expect(items(dataset)).toEqual([
      ['B/x.pgm', 0],
      ['b/10.PGM', 1],
      ['b/2.pgm', 1],
      ['b/below/1.pgm', 1],
    ]);
    expect((await readItem(dataset.images, 2)).data[0]).toBe(20);
    expect(dataset.remarks).toEqual([]);
  });

  test('may be given with a slash, have one class, and names with blanks and of any letters', async () => {
    const folder = await folderOf({ 'a photo set/grüne Äpfel 🍏/bild 1.pgm': pgm(1) });
    const dataset = await open(`${join(folder, 'a photo set')}/`);
    expect(dataset).toMatchObject({ name: 'a photo set', classNames: ['grüne Äpfel 🍏'] });
    expect(items(dataset)).toEqual([['grüne Äpfel 🍏/bild 1.pgm', 0]]);
  });

  test('leaves out what is hidden and what is no image, and counts it', async () => {
    const dataset = await open(
      await folderOf({
        'a/1.pgm': pgm(1),
        'a/._1.pgm': 'resource fork',
        'a/.DS_Store': '',
        'a/Thumbs.db': '',
        'a/desktop.ini': '',
        'a/notes.txt': '',
        'a/.ipynb_checkpoints/1.pgm': pgm(9),
        '.ipynb_checkpoints/1.pgm': pgm(9),
        '__MACOSX/a/1.pgm': pgm(9),
        'b/2.pgm': pgm(2),
        'readme.md': '',
        'stray.pgm': pgm(3),
      }),
    );
    expect(items(dataset)).toEqual([
      ['a/1.pgm', 0],
      ['b/2.pgm', 1],
    ]);
    expect(texts(dataset)).toMatch(/left out 3 hidden folders \(.*\.ipynb_checkpoints/);
    expect(texts(dataset)).toMatch(/left out 4 hidden files \(/);
    expect(texts(dataset)).toMatch(/left out 2 files that are no images by their names \(\.md, \.txt\)/);
    expect(texts(dataset)).toMatch(/left out 1 image beside the class folders \(stray\.pgm\)/);
  });

  test('follows links to class folders, but not in circles, and counts broken ones', async () => {
    const folder = await folderOf({ 'a/1.pgm': pgm(1) });
    await symlink(join(folder, 'a'), join(folder, 'z'));
    await symlink(join(folder, 'a'), join(folder, 'a/again'));
    await symlink(join(folder, 'none'), join(folder, 'broken'));
    const dataset = await open(folder);
    expect(items(dataset)).toEqual([
      ['a/1.pgm', 0],
      ['z/1.pgm', 1],
    ]);
    expect(texts(dataset)).toContain('left out 1 broken link (broken)');
  });

  test('keeps the place of a class without images, and says so', async () => {
    const folder = await folderOf({ 'a/notes.txt': '', 'b/1.pgm': pgm(1) });
    const dataset = await open(folder);
    expect(items(dataset)).toEqual([['b/1.pgm', 1]]);
    expect(texts(dataset)).toContain('1 class folder has no image: a');
    await mkdir(join(folder, 'only/empty'), { recursive: true });
    await refuses(join(folder, 'only'), /none of its class folders \(empty\) has an image/);
  });

  test('with the names of the model’s labels has their classes: numbers in order, hidden folders left out', async () => {
    const labels = { count: 12, labels: NUMBERS };
    const numbered = await open(`${CASES}numbered`, { model: labels });
    expect(items(numbered)).toEqual([...NUMBERS].sort().map((name) => [`${name}/image.png`, Number(name)]));
    const jupyter = await open(`${CASES}with-jupyter`, { model: { count: 12 } });
    expect(items(jupyter)).toEqual([
      ['00/image.png', 0],
      ['01/image.png', 1],
    ]);
    expect(texts(jupyter)).toContain('left out 1 hidden folder (.ipynb_checkpoints)');
  });

  test('leaves out the images of folders that are none of the model’s classes, and counts them', async () => {
    const folder = await folderOf({ 'cat/1.pgm': pgm(1), 'yak/1.pgm': pgm(1), 'yak/2.pgm': pgm(1) });
    const dataset = await open(folder, { model: { count: 2, labels: ['dog', 'cat'] } });
    expect(items(dataset)).toEqual([['cat/1.pgm', 1]]);
    expect(dataset.classNames).toEqual(['dog', 'cat']);
    expect(texts(dataset)).toContain("left out folders that are none of the model's classes (images: 2): yak");
  });

  test('has the same images for training and testing: every format, capitals or not', async () => {
    const [train, test] = [await open(`${CASES}ppm-and-png`, { part: 'train' }), await open(`${CASES}ppm-and-png`)];
    expect([train.images.count, test.images.count]).toEqual([10, 10]);
    expect(await scanImages(train.images)).toEqual({ undecodable: [], clipped: undefined });
  });
});

describe('a folder with parts', () => {
  test.each([
    ['train', 'val'],
    ['train', 'valid'],
    ['train', 'validation'],
    ['train', 'test'],
    ['Training', 'Testing'],
  ])('%s and %s is taken apart', async (trainName, testName) => {
    const folder = await folderOf({
      [`${trainName}/a/1.pgm`]: pgm(1),
      [`${trainName}/a/2.pgm`]: pgm(1),
      [`${testName}/a/3.pgm`]: pgm(1),
    });
    expect(items(await open(folder, { part: 'train' }))).toEqual([
      ['a/1.pgm', 0],
      ['a/2.pgm', 0],
    ]);
    const tested = await open(folder);
    expect(items(tested)).toEqual([['a/3.pgm', 0]]);
    expect(texts(tested)).toContain(`the test images are those of ${testName}/`);
    expect(items(await open(join(folder, testName)))).toEqual([['a/3.pgm', 0]]);
  });

  test('is tested on val where there is a test too, which is said', async () => {
    const folder = await folderOf({ 'train/a/1.pgm': pgm(1), 'test/a/2.pgm': pgm(1), 'val/a/3.pgm': pgm(1) });
    const dataset = await open(folder);
    expect(items(dataset)).toEqual([['a/3.pgm', 0]]);
    expect(texts(dataset)).toContain('those of val/ (test unused)');
  });

  test('isn’t one where a class is called so', async () => {
    const folder = await folderOf({ 'bus/1.pgm': pgm(1), 'train/1.pgm': pgm(1) });
    expect((await open(folder)).classNames).toEqual(['bus', 'train']);
    expect((await open(await folderOf({ 'bus/1.pgm': pgm(1), 'test/1.pgm': pgm(1) }))).classNames).toEqual([
      'bus',
      'test',
    ]);
  });

  test('has to have both for training', async () => {
    await refuses(await folderOf({ 'train/a/1.pgm': pgm(1) }), /has no train and val \(or valid, .*\) in it/, {
      part: 'train',
    });
  });
});

describe('what is no folder of class folders', () => {
  test('is refused with what can be given', async () => {
    const folder = await folderOf({ 'a.txt': '' });
    await refuses(
      join(folder, 'none'),
      /none can't be opened: no such file or directory; expected cifar10:DIR, cifar100:DIR/,
    );
    await refuses(join(folder, 'a.txt'), /not a directory/);
    await refuses(folder, /has no folders in it, 1 files; expected/);
  });

  test.each([
    ['test_batch.bin', 'cifar10:'],
    ['test_batch', 'cifar10:'],
    ['fine_label_names.txt', 'cifar100:'],
    ['t10k-images.idx3-ubyte.gz', 'mnist:'],
  ])('with %s in it is recognised', async (name, format) => {
    const folder = await folderOf({ [name]: '' });
    await refuses(folder, new RegExp(`looks like .* write ${format}${folder}`));
  });
});

test('images that can’t be decoded are found, in order, with names and reasons', async () => {
  const png = { 'a/1.pgm': pgm(1), 'a/2.png': 'no image', 'b/3.pgm': pgm(1).subarray(0, 8), 'b/4.gif': 'GIF89a' };
  const { images } = await open(await folderOf(png));
  const done: number[] = [];
  const { undecodable: found } = await scanImages(images, (n) => done.push(n));
  expect(found.map(({ index, name }) => [index, name])).toEqual([
    [1, 'a/2.png'],
    [2, 'b/3.pgm'],
    [3, 'b/4.gif'],
  ]);
  expect(found[0]!.reason).toMatch(/2\.png can't be decoded: it is/);
  expect(done).toEqual([1, 2, 3, 4]);
});
