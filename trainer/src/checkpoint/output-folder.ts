import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';

/** Names of the files that a run leaves in its folder. */
export const LATEST = 'latest.safetensors';
export const BEST = 'best.safetensors';
export const BEST_OF_STAGE_1 = 'best-stage1.safetensors';
export const METRICS = 'metrics.jsonl';
export const REPORT = 'report.html';
/** All of these names. */
export const RUN_FILES: readonly string[] = [LATEST, BEST, BEST_OF_STAGE_1, METRICS, REPORT];

/**
 * Make the folder and check that files can be written to it, before any work is done.
 *
 * @throws {SignwaveError} `E_IO` with the system's reason.
 */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(probe, 'wx');
    await file.close();
  } catch (cause) {
    throw new SignwaveError(
      'E_IO',
      `the output folder ${folder} can't be written to: ${systemReason(cause)}; name another as "output"`,
      { cause },
    );
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Write a file so that at every moment, even after a crash or with a full disk, the path holds either the old content or the whole new one.
 * The bytes go to another name in the same folder, are flushed to the disk, then renamed.
 *
 * @throws {SignwaveError} `E_IO` with the system's reason; the old content is then untouched.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new SignwaveError(
      'E_IO',
      `${path} can't be written: ${systemReason(cause)}; what was written before is whole, and --resume goes on from it`,
      { cause },
    );
  }
}

/** @throws {SignwaveError} `E_RESUME` if the file is missing or can't be read. */
export async function readCheckpointFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SignwaveError('E_RESUME', `the checkpoint ${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}
