import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, type FileImages, type MemoryImages, sharedBytes, sharedLabels } from '@signwave/data';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { hashImages } from '../../src/node/hash-images.js';

const all = (count: number) => Uint32Array.from({ length: count }, (_, index) => index);
const set = (images: FileImages | MemoryImages, classNames = ['cat', 'dog']): Dataset => ({
  name: 'any',
  classNames,
  images,
  remarks: [],
});

describe('the hash of a data set in memory', () => {
  function pixels(change: Partial<MemoryImages> = {}): MemoryImages {
    const labels = sharedLabels([0, 1, 1]);
    return { kind: 'memory', count: 3, height: 1, width: 2, channels: 1, pixels: sharedBytes(6), labels, ...change };
  }
  const first = hashImages(set(pixels()), all(3));

  test('is the same for the same bytes, whatever the set is called', async () => {
    expect(await hashImages({ ...set(pixels()), name: 'other' }, all(3))).toBe(await first);
    expect(await first).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, Dataset, Uint32Array]>([
    ['a pixel', set(pixels({ pixels: sharedBytes(6).fill(1, 5) })), all(3)],
    ['a label', set(pixels({ labels: sharedLabels([0, 1, 0]) })), all(3)],
    ['the shape of images', set(pixels({ height: 2, width: 1 })), all(3)],
    ['the name of a class', set(pixels(), ['cat', 'wolf']), all(3)],
    ['the sample', set(pixels()), all(2)],
  ])('differs with %s', async (_, dataset, indices) => {
    expect(await hashImages(dataset, indices)).not.toBe(await first);
  });
});

describe('the hash of more files than 10,000', () => {
  const COUNT = 20_000;

  /** Files of which only two are there: one whose size counts, as that of every other one, and one whose size doesn't. */
  async function hashOf(sizes: readonly [number, number], names = 'a', label = 1): Promise<string> {
    const folder = await temporaryFolder();
    const paths = Array.from({ length: COUNT }, (_, n) => join(folder, `${names}${n}.png`));
    await writeFile(paths[4]!, new Uint8Array(sizes[0]));
    await writeFile(paths[5]!, new Uint8Array(sizes[1]));
    const classes = new Array<number>(COUNT).fill(0).with(5, label);
    const images: FileImages = {
      kind: 'files',
      count: COUNT,
      folder,
      paths,
      labels: sharedLabels(classes),
    };
    return hashImages(set(images), all(COUNT));
  }

  test('covers every name and label, and every other size, wherever the folder is', async () => {
    const first = await hashOf([1, 1]);
    expect(await hashOf([1, 1])).toBe(first);
    expect(await hashOf([1, 2])).toBe(first);
    expect(await hashOf([2, 1])).not.toBe(first);
    expect(await hashOf([1, 1], 'b')).not.toBe(first);
    expect(await hashOf([1, 1], 'a', 0)).not.toBe(first);
  });
});
