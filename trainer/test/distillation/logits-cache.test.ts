import { copyFile, mkdir, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import type { CacheIdentity } from '../../src/distillation/cache-identity.js';
import { LogitsCache } from '../../src/distillation/logits-cache.js';

const CLASSES = 3;
const HEADER_BYTES = 4096;
const RECORD_BYTES = 16;
const IDENTITY: CacheIdentity = {
  teacher: 'aa',
  images: 'bb',
  count: 100,
  input: {
    height: 4,
    width: 4,
    channels: 1,
    recipe: { channelOrder: 'gray', divisor: 255, mean: [0.5], std: [0.25] },
  },
  cropPadding: 2,
  classes: CLASSES,
};

const logitsOf = (view: number): number[] => [view, -view / 3, 0].map(Math.fround);
const views = (...numbers: number[]) => Int32Array.from(numbers);
const write = (cache: LogitsCache, ...numbers: number[]) =>
  cache.write(numbers, Float32Array.from(numbers.flatMap(logitsOf)));
const read = async (cache: LogitsCache, ...numbers: number[]) =>
  (await cache.read(views(...numbers))).map((row) => row && [...row]);

async function emptyCache(): Promise<{ path: string; cache: LogitsCache }> {
  const path = join(await temporaryFolder(), 'new folder/teacher.logits');
  return { path, cache: await LogitsCache.open(path, IDENTITY) };
}

describe('a cache of logits', () => {
  test('has what was written, bit for bit, and nothing else', async () => {
    const { path, cache } = await emptyCache();
    await write(cache, 7, 0, 4999);
    expect(await read(cache, 0, 1, 4999, 7, 4998, 1e6)).toEqual([
      logitsOf(0),
      undefined,
      logitsOf(4999),
      logitsOf(7),
      undefined,
      undefined,
    ]);
    await cache.close();
    const again = await LogitsCache.open(path, IDENTITY);
    expect(await read(again, 7, 8)).toEqual([logitsOf(7), undefined]);
    await again.close();
  });

  test('tells logits of 0 from none', async () => {
    const { cache } = await emptyCache();
    await cache.write([5], new Float32Array(CLASSES));
    expect(await read(cache, 4, 5)).toEqual([undefined, [0, 0, 0]]);
    await cache.close();
  });

  test('is shared by runs at the same time', async () => {
    const { path, cache } = await emptyCache();
    const other = await LogitsCache.open(path, IDENTITY);
    await Promise.all([write(cache, 1, 2, 3), write(other, 3, 4)]);
    expect(await read(other, 1, 2, 3, 4)).toEqual([1, 2, 3, 4].map(logitsOf));
    await Promise.all([cache.close(), other.close()]);
  });

  test('never gives a view of which only a part was written', async () => {
    const { path, cache } = await emptyCache();
    await write(cache, 0, 1);
    await cache.close();
    const whole = await readFile(path);
    const at = HEADER_BYTES + RECORD_BYTES;
    const partial = `${path}.partial`;
    for (let written = 0; written < RECORD_BYTES; written++) {
      // The end of the file, or a hole before what other views have.
      await copyFile(path, partial);
      await truncate(partial, at + written);
      const ended = await LogitsCache.open(partial, IDENTITY);
      expect(await read(ended, 0, 1), `${written} bytes`).toEqual([logitsOf(0), undefined]);
      await write(ended, 2);
      expect(await read(ended, 0, 1, 2), `${written} bytes before another`).toEqual([
        logitsOf(0),
        undefined,
        logitsOf(2),
      ]);
      // What was lost is written again.
      await write(ended, 1);
      await ended.close();
      expect((await readFile(partial)).subarray(0, whole.length).equals(whole)).toBe(true);
    }
  });

  test('takes space for the views that were seen alone', async () => {
    const { path, cache } = await emptyCache();
    await write(cache, 8_000_000);
    await cache.close();
    const { size, blocks } = await stat(path);
    expect(size).toBe(HEADER_BYTES + 8_000_001 * RECORD_BYTES);
    expect(blocks * 512).toBeLessThan(1 << 20);
  });

  test.each<[what: string, other: Partial<CacheIdentity>, message: RegExp]>([
    [
      'teacher',
      { teacher: 'cc' },
      /another teacher \(SHA-256\): "aa", but that of this run is "cc"; name another file/,
    ],
    ['set of images', { images: 'cc' }, /another training images \(SHA-256\): "bb", but/],
    ['padding', { cropPadding: 4 }, /another data\.augmentation\.cropPadding: 2, but that of this run is 4/],
    [
      'normalisation',
      { input: { ...IDENTITY.input, recipe: { ...IDENTITY.input.recipe, mean: [0] } } },
      /another input: .*0\.5/,
    ],
    ['number of classes', { classes: 4 }, /another number of classes: 3, but/],
  ])('of another %s is refused', async (_, other, message) => {
    const { path, cache } = await emptyCache();
    await cache.close();
    await expect(LogitsCache.open(path, { ...IDENTITY, ...other })).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['empty', ''],
    ['of JSON', '{"format": "other"}'],
    ['of bytes', Buffer.from([0x89, 0x50, 0xff, 0xfe])],
  ])('isn’t taken for one if it is a file %s, which stays as it is', async (_, content) => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, content);
    await expect(LogitsCache.open(path, IDENTITY)).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringMatching(/file exists and is no cache of a teacher's logits/),
    });
    expect((await readFile(path)).equals(Buffer.from(content))).toBe(true);
  });

  test('that can’t be opened or written is named with the system’s reason', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'a'));
    await expect(LogitsCache.open(join(folder, 'a'), IDENTITY)).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(
        /the cache of the teacher's logits .*a can't be opened: illegal operation on a directory/,
      ),
    });
    await (await open(join(folder, 'file'), 'w')).close();
    await expect(LogitsCache.open(join(folder, 'file/cache'), IDENTITY)).rejects.toMatchObject({ code: 'E_IO' });
  });
});
