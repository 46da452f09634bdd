import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { writeFileAtomic } from '../../src/data/atomic-write.js';
import { openFileSource } from '../../src/data/file-source.js';

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

describe('writeFileAtomic', () => {
  test('writes a new file and leaves no other', async () => {
    const folder = await temporaryFolder();
    await writeFileAtomic(join(folder, 'a.bin'), bytes);
    expect(await readdir(folder)).toEqual(['a.bin']);
    expect(new Uint8Array(await readFile(join(folder, 'a.bin')))).toEqual(bytes);
  });

  test('replaces a file', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await writeFile(path, 'older and longer');
    await writeFileAtomic(path, bytes);
    expect((await stat(path)).size).toBe(5);
  });

  test.skipIf(process.platform === 'win32')('writes to a device instead of replacing it', async () => {
    await writeFileAtomic('/dev/null', bytes);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});

describe('openFileSource', () => {
  test('reads any range and knows its size', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await writeFile(path, bytes);
    const source = await openFileSource(path);
    expect(source).toMatchObject({ name: path, sizeBytes: 5 });
    expect(await source.read(1, 3)).toEqual(Uint8Array.of(2, 3, 4));
    expect(await source.read(5, 0)).toEqual(new Uint8Array(0));
    await source.close();
  });
});

describe('files that cannot be written or read', () => {
  test('leaves nothing behind when the folder is missing', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'none', 'a.bin');
    await expect(writeFileAtomic(path, bytes)).rejects.toMatchObject({
      code: 'E_IO',
      message: `${path} can't be written: no such file or directory`,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses to write over a folder and removes the temporary file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'a'));
    await expect(writeFileAtomic(join(folder, 'a'), bytes)).rejects.toThrow(/can't be written: it is a folder/);
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('keeps the old file and removes the temporary one when writing fails', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bin');
    await writeFile(path, 'old');
    await expect(writeFileAtomic(path, 7 as never)).rejects.toMatchObject({ code: 'E_IO' });
    expect(await readdir(folder)).toEqual(['a.bin']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  test('refuses to open a missing file or a folder', async () => {
    const folder = await temporaryFolder();
    await expect(openFileSource(join(folder, 'none'))).rejects.toMatchObject({
      code: 'E_IO',
      message: `${join(folder, 'none')} can't be opened: no such file or directory`,
    });
    await expect(openFileSource(folder)).rejects.toThrow(
      `${folder} can't be opened: it is a folder, a file is expected`,
    );
  });

  test.each([
    [4, 2],
    [-1, 2],
    [0, 6],
  ])('refuses the range from %i of %i bytes in a file of 5', async (offset, length) => {
    const path = join(await temporaryFolder(), 'a.bin');
    await writeFile(path, bytes);
    const source = await openFileSource(path);
    await expect(source.read(offset, length)).rejects.toMatchObject({ code: 'E_IO' });
    await source.close();
  });

  test('says so when the file became shorter, or was closed', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await writeFile(path, bytes);
    const source = await openFileSource(path);
    await truncate(path, 2);
    await expect(source.read(0, 5)).rejects.toThrow(`${path} became shorter while it was read`);
    await source.close();
    await expect(source.read(0, 2)).rejects.toMatchObject({ code: 'E_IO' });
  });
});
