import type { Stats } from 'node:fs';
import { open, readlink, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { systemReason } from './file-access.js';
import { withTemporary } from './temporary.js';

/**
 * Write a file so that at every moment, even after a crash or with a full disk, the path holds either the old content or the whole new one.
 * The bytes go to a temporary name in the same folder, are flushed to the disk, then renamed. A link stays, and the file that it leads to is
 * replaced; so do the mode and the owner of a file. Devices and pipes (`/dev/null`, `/dev/stdout`) are written to directly, since a rename
 * would replace them by a file.
 *
 * @param bytes the content, or its pieces one after the other.
 * @throws {SignwaveError} `E_IO` with the system's reason, or what the pieces throw; the temporary file is then gone and an existing file untouched.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  try {
    const existing = await stat(path).catch(() => undefined);
    if (existing?.isDirectory()) throw new Error('it is a folder');
    if (existing && !existing.isFile()) await writeFile(path, bytes);
    else await writeThenRename(await behindLinks(path), bytes, existing);
  } catch (cause) {
    if (cause instanceof SignwaveError) throw cause;
    throw new SignwaveError('E_IO', `${path} can't be written: ${systemReason(cause)}`, { cause });
  }
}

/** The file that a path leads to, which needn't be there. */
async function behindLinks(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? path : resolve(dirname(path), target);
}

async function writeThenRename(
  path: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  existing: Stats | undefined,
): Promise<void> {
  await withTemporary(dirname(path), async (temporary) => {
    // 'wx' fails rather than writing through a link that someone put there.
    const file = await open(temporary, 'wx');
    try {
      // Each call goes on where the one before ended.
      for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) await file.writeFile(piece);
      // Who isn't the owner can't make somebody else the owner; the content counts more.
      if (existing) await file.chown(existing.uid, existing.gid).catch(() => {});
      if (existing) await file.chmod(existing.mode & 0o7777).catch(() => {});
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  });
}
