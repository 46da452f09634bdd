import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { writeFileAtomic } from '../../src/node/atomic-write.js';

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

describe('files that cannot be written', () => {
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
});
