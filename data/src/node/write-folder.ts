import { renameSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { systemReason } from './file-access.js';
import { withTemporary } from './temporary.js';

/**
 * Writes files into a new folder, all or none: they go to a temporary folder beside it, which is then renamed.
 *
 * @param path  a folder that doesn't exist yet, or is empty.
 * @param files contents by file name.
 * @throws {SignwaveError} `E_IO` if it isn't empty, is a file, or can't be written; what was there is then untouched.
 */
export async function writeFolderAtomic(path: string, files: ReadonlyMap<string, string>): Promise<void> {
  const target = resolve(path);
  try {
    await checkFree(target);
    await withTemporary(dirname(target), async (temporary) => {
      await mkdir(temporary);
      for (const [name, content] of files) await writeFile(join(temporary, name), content, { flag: 'wx' });
      // Windows can't rename over a folder, not even over an empty one. A folder that has got files meanwhile stays, and the renaming
      // fails.
      await rmdir(target).catch(() => undefined);
      // At once: a signal in between would remove files of a folder that is just getting its name.
      renameSync(temporary, target);
    });
  } catch (cause) {
    throw new SignwaveError('E_IO', `${path} can't be written: ${systemReason(cause)}`, { cause });
  }
}

async function checkFree(target: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') throw new Error('it is a file; name a new folder');
    throw error;
  }
  if (entries.length > 0) {
    throw new Error(`it is a folder that isn't empty (${entries[0]}); name a new one, or delete it first`);
  }
}
