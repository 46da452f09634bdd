import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, type ImageSet, type MemoryImages, sharedBytes, sharedLabels } from '@signwave/data';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { hashImages } from '../../src/node/hash-images.js';

const all = (count: number) => Uint32Array.from({ length: count }, (_, index) => index);
const set = (images: ImageSet, classNames = ['cat', 'dog']): Dataset => ({
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

describe('the hash of files', () => {
  /** Files of which only two are there, numbers 4 and 5, with sizes in bytes. */
  async function hashOf(count: number, sizes: readonly [number, number], name = 'a', label = 1): Promise<string> {
    const folder = await temporaryFolder();
    const paths = Array.from({ length: count }, (_, n) => join(folder, `${name}${n}.png`));
    await writeFile(paths[4]!, new Uint8Array(sizes[0]));
    await writeFile(paths[5]!, new Uint8Array(sizes[1]));
    const labels = sharedLabels(new Array<number>(count).fill(0).with(5, label));
    return hashImages(set({ kind: 'files', count, folder, paths, labels }), all(count));
  }

  test('covers names, labels and sizes, wherever the folder is', async () => {
    const first = await hashOf(6, [1, 1]);
    expect(await hashOf(6, [1, 1])).toBe(first);
    expect(await hashOf(6, [1, 2])).not.toBe(first);
    expect(await hashOf(6, [1, 1], 'b')).not.toBe(first);
    expect(await hashOf(6, [1, 1], 'a', 0)).not.toBe(first);
  });

  test('covers the sizes of 10,000 if there are more: of 20,000, every other one', async () => {
    const first = await hashOf(20_000, [1, 1]);
    expect(await hashOf(20_000, [1, 2])).toBe(first);
    expect(await hashOf(20_000, [2, 1])).not.toBe(first);
  });
});
