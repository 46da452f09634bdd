import { access, readFile } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import { type ErrorCode, SignwaveError } from '@signwave/format';

/** The operating system's reason in words: "no such file or directory", "no space left on device". */
export function systemReason(error: unknown): string {
  const errno = (error as NodeJS.ErrnoException).errno;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? known[1] : error instanceof Error ? error.message : String(error);
}

/**
 * Read a whole file.
 *
 * @param code of the error if it can't be read; it depends on what the file is for.
 * @throws {SignwaveError} `code`, with the system's reason in words.
 */
export async function readFileBytes(path: string, code: ErrorCode): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SignwaveError(code, `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}

/** Whether a file or folder with this path exists and is visible to this user. */
export function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
