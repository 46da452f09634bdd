import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { openFileSource } from '../../src/node/file-source.js';

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

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

describe('files that cannot be read', () => {
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
