import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { getSystemErrorMap, promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SignwaveError } from '@signwave/format';

/** SHA-256 of files as 64 hexadecimal digits, by the name of the file without its folder. */
export type Checksums = Readonly<Record<string, string>>;

/** The largest file read here, Fashion-MNIST's training images, unpacks to 47 MB; more is another file or a gzip bomb. */
const MAX_UNPACKED_BYTES = 2 ** 26;

/** What the operating system said, in words: "no such file or directory", "no space left on device". */
export function systemReason(error: unknown): string {
  const errno = (error as NodeJS.ErrnoException).errno;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? known[1] : error instanceof Error ? error.message : String(error);
}

/**
 * Read a file of a data set; gzip is unpacked, whatever the file's name.
 *
 * @throws {SignwaveError} `E_DATA` if it can't be read or unpacked, or its bytes have another checksum.
 */
export async function readDataFile(path: string, checksums: Checksums): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new SignwaveError('E_DATA', `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
  const expected = checksums[basename(path)];
  if (expected !== undefined) verifyChecksum(path, bytes, expected);
  if (!path.endsWith('.gz') && !(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    throw new SignwaveError(
      'E_DATA',
      `${path} can't be unpacked: ${(cause as Error).message}; it's cut short or no gzip file`,
      {
        cause,
      },
    );
  }
}

function verifyChecksum(path: string, bytes: Uint8Array, expected: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === expected.toLowerCase()) return;
  throw new SignwaveError(
    'E_DATA',
    `${path} has the SHA-256 ${found}, but the config expects ${expected.toLowerCase()}; fetch it again, or correct data.sha256`,
  );
}

/**
 * The first of `folders` that has one of `names` in it, as a path.
 *
 * @throws {SignwaveError} `E_DATA` if none has; `advice` ends the message.
 */
export async function findDataFile(
  folders: readonly string[],
  names: readonly string[],
  advice: string,
): Promise<string> {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      const isThere = await access(path).then(
        () => true,
        () => false,
      );
      if (isThere) return path;
    }
  }
  throw new SignwaveError('E_DATA', `there is no ${names.join(' or ')} in ${folders.join(' or ')}; ${advice}`);
}

/** @throws {SignwaveError} `E_DATA` for the first label that isn't below `classes`. */
export function verifyLabels(path: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < classes) continue;
    throw new SignwaveError('E_DATA', `${path}: item ${i} has the label ${labels[i]}, expected 0 to ${classes - 1}`);
  }
}
