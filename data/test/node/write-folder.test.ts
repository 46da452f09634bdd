import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { writeFolderAtomic } from '../../src/node/write-folder.js';

const files = new Map([
  ['a.c', 'int a;\n'],
  ['b.h', 'extern int a;\n'],
]);

describe('writeFolderAtomic', () => {
  test('writes a new folder and leaves no other', async () => {
    const parent = await temporaryFolder();
    await writeFolderAtomic(join(parent, 'out'), files);
    expect(await readdir(parent)).toEqual(['out']);
    expect((await readdir(join(parent, 'out'))).sort()).toEqual(['a.c', 'b.h']);
    expect(await readFile(join(parent, 'out', 'a.c'), 'utf8')).toBe('int a;\n');
  });

  test('fills an empty folder', async () => {
    const parent = await temporaryFolder();
    await mkdir(join(parent, 'out'));
    await writeFolderAtomic(`${join(parent, 'out')}/`, files);
    expect((await readdir(join(parent, 'out'))).sort()).toEqual(['a.c', 'b.h']);
    expect(await readdir(parent)).toEqual(['out']);
  });
});

describe('folders that cannot be written', () => {
  test('one with a file in it stays as it is', async () => {
    const parent = await temporaryFolder();
    await mkdir(join(parent, 'out'));
    await writeFile(join(parent, 'out', 'mine.txt'), 'kept');
    await expect(writeFolderAtomic(join(parent, 'out'), files)).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(
        /out can't be written: it is a folder that isn't empty \(mine\.txt\); name a new one/,
      ),
    });
    expect(await readdir(join(parent, 'out'))).toEqual(['mine.txt']);
    expect(await readdir(parent)).toEqual(['out']);
  });

  test('a file stays as it is', async () => {
    const parent = await temporaryFolder();
    await writeFile(join(parent, 'out'), 'kept');
    await expect(writeFolderAtomic(join(parent, 'out'), files)).rejects.toThrow(/it is a file; name a new folder/);
    expect(await readFile(join(parent, 'out'), 'utf8')).toBe('kept');
  });

  test('a folder in one that is missing', async () => {
    const parent = await temporaryFolder();
    const path = join(parent, 'none', 'out');
    await expect(writeFolderAtomic(path, files)).rejects.toThrow(`${path} can't be written: no such file or directory`);
    expect(await readdir(parent)).toEqual([]);
  });

  // Root may write everywhere.
  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('a folder in a protected one', async () => {
    const parent = await temporaryFolder();
    await chmod(parent, 0o555);
    await expect(writeFolderAtomic(join(parent, 'out'), files)).rejects.toThrow(/permission denied/);
    await chmod(parent, 0o755);
  });

  test('nothing is left behind when a file fails', async () => {
    const parent = await temporaryFolder();
    const withFolder = new Map([...files, ['none/c.c', '']]);
    await expect(writeFolderAtomic(join(parent, 'out'), withFolder)).rejects.toMatchObject({ code: 'E_IO' });
    expect(await readdir(parent)).toEqual([]);
  });
});
