import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SignwaveError } from '@signwave/format';
import { readPlainFile, systemReason } from '../file-access.js';

/** SHA-256 of files as 64 hexadecimal digits, by file name without the folder. */
export type Checksums = Readonly<Record<string, string>>;

/**
 * Greatest size of an unpacked file. The largest one that is ever packed, MNIST's training images, unpacks to 47 MB; more is a gzip bomb.
 */
const MAX_UNPACKED_BYTES = 2 ** 26;

/**
 * Read a file of a data set; gzip is unpacked, whatever the file's name.
 *
 * @throws {SignwaveError} `E_DATA` if it can't be read or unpacked, or its bytes have another checksum.
 */
export async function readDataFile(path: string, checksums: Checksums): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readPlainFile(path);
  } catch (cause) {
    throw new SignwaveError('E_DATA', `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
  const expected = checksums[basename(path)];
  if (expected !== undefined) verifyChecksum(path, bytes, expected);
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    throw new SignwaveError(
      'E_DATA',
      `${path} can't be unpacked: ${(cause as Error).message}; it's cut short or no gzip file`,
      { cause },
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
 * Find one of the `names` in `folder`, or in one of the usual folders below it. If such a name is a folder, the file is looked for inside:
 * some unpackers make a folder for each file.
 *
 * @param below folders where the files may lie, relative to `folder`, which itself comes first.
 * @returns the path of the first file found.
 * @throws {SignwaveError} `E_DATA` if there is none; `advice` ends the message.
 */
export async function findDataFile(
  folder: string,
  below: readonly string[],
  names: readonly string[],
  advice: string,
): Promise<string> {
  const kind = await kindOf(folder);
  if (kind !== 'folder') {
    const found =
      kind === 'file' ? `${folder} is a file; an archive has to be unpacked first` : `there is no ${folder}`;
    throw new SignwaveError('E_DATA', `${found}; ${advice}`);
  }
  for (const directory of [folder, ...below.map((name) => join(folder, name))]) {
    for (const name of names) {
      const path = join(directory, name);
      const found = await kindOf(path);
      if (found === 'file') return path;
      for (const inner of found === 'folder' ? names : []) {
        if ((await kindOf(join(path, inner))) === 'file') return join(path, inner);
      }
    }
  }
  const places = below.length > 0 ? ` or in ${below.map((name) => `${name}/`).join(', ')} below it` : '';
  throw new SignwaveError('E_DATA', `there is no ${names.join(' or ')} in ${folder}${places}; ${advice}`);
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const status = await stat(path);
    return status.isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

/** @throws {SignwaveError} `E_DATA` for the first label that isn't a whole number below `classes`. */
export function verifyLabels(path: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    if (Number.isInteger(labels[i]) && labels[i]! >= 0 && labels[i]! < classes) continue;
    throw new SignwaveError('E_DATA', `${path}: item ${i} has the label ${labels[i]}, expected 0 to ${classes - 1}`);
  }
}
