import { open } from 'node:fs/promises';
import { makeFolder, readPlainFile, systemReason, withTemporary, writeFileAtomic } from '@signwave/data/node';
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
  try {
    await makeFolder(folder);
    await withTemporary(folder, async (probe) => (await open(probe, 'wx')).close());
  } catch (cause) {
    throw new SignwaveError(
      'E_IO',
      `the output folder ${folder} can't be written to: ${systemReason(cause)}; name another as "output"`,
      { cause },
    );
  }
}

/**
 * Write one of a run's files, atomically.
 *
 * @throws {SignwaveError} `E_IO` with the system's reason; the old content is then untouched.
 */
export async function writeRunFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, bytes);
  } catch (cause) {
    const { code, message } = cause as SignwaveError;
    throw new SignwaveError(code, `${message}; what was written before is whole, and --resume goes on from it`, {
      cause,
    });
  }
}

/** @throws {SignwaveError} `E_RESUME` if the file is missing or can't be read. */
export async function readCheckpointFile(path: string): Promise<Uint8Array> {
  try {
    return await readPlainFile(path);
  } catch (cause) {
    throw new SignwaveError('E_RESUME', `the checkpoint ${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}
