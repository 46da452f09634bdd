import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { systemReason } from './file-access.js';

/**
 * Write a file so that at every moment, even after a crash or with a full disk, the path holds either the old content or the whole new one.
 * The bytes go to a temporary name in the same folder, are flushed to the disk, then renamed. Devices and pipes (`/dev/null`,
 * `/dev/stdout`) are written to directly, since a rename would replace them by a file.
 *
 * @throws {SignwaveError} `E_IO` with the system's reason; the temporary file is then gone and an existing file untouched.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const existing = await stat(path).catch(() => undefined);
    if (existing?.isDirectory()) throw new Error('it is a folder');
    if (existing && !existing.isFile()) await writeFile(path, bytes);
    else await writeThenRename(path, bytes);
  } catch (cause) {
    throw new SignwaveError('E_IO', `${path} can't be written: ${systemReason(cause)}`, { cause });
  }
}

async function writeThenRename(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  // 'wx' fails rather than writing through a link that someone put there.
  const file = await open(temporary, 'wx');
  try {
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
