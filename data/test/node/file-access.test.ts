import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { isPlainFile, readFileBytes } from '../../src/node/file-access.js';

const HAS_PIPES = process.platform !== 'win32';

describe('readFileBytes', () => {
  test.each([0, 1, 65_535, 65_536, 65_537, 200_000])('reads a file of %i bytes', async (length) => {
    const path = join(await temporaryFolder(), 'a.bin');
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
    await writeFile(path, bytes);
    expect(await readFileBytes(path, 'E_IO', length)).toEqual(bytes);
    if (length > 0) {
      await expect(readFileBytes(path, 'E_IO', length - 1)).rejects.toMatchObject({
        code: 'E_IO',
        message: `${path} can't be read: it has ${length} bytes, more than the ${length - 1} of the longest`,
      });
    }
  });

  test.skipIf(!HAS_PIPES)('does not wait for a pipe that nobody writes to', async () => {
    const path = join(await temporaryFolder(), 'labels.txt');
    execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
    await expect(readFileBytes(path, 'E_LABELS')).rejects.toMatchObject({
      code: 'E_LABELS',
      message: `${path} can't be read: it is a pipe, a file is expected`,
    });
    expect(await isPlainFile(path, 10)).toBe(false);
  });

  test.skipIf(!HAS_PIPES)('does not follow a link to a device without an end', async () => {
    const path = join(await temporaryFolder(), 'config.txt');
    await symlink('/dev/zero', path);
    await expect(readFileBytes(path, 'E_IO')).rejects.toThrow(/it is a device, a file is expected/);
    expect(await isPlainFile(path, 10)).toBe(false);
  });

  test('says so of a folder', async () => {
    const folder = await temporaryFolder();
    await expect(readFileBytes(folder, 'E_IO')).rejects.toThrow(`${folder} can't be read: it is a folder, a file`);
  });
});
