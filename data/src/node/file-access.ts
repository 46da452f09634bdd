import { access, readFile } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import { type ErrorCode, SignwaveError } from '@signwave/format';

/** What the operating system said, in words: "no such file or directory", "no space left on device". */
export function systemReason(error: unknown): string {
  const errno = (error as NodeJS.ErrnoException).errno;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? known[1] : error instanceof Error ? error.message : String(error);
}

/**
 * Read a whole file.
 *
 * @param code of the error when it can't be read; what the file was wanted for decides it.
 * @throws {SignwaveError} `code`, with the system's reason in words.
 */
export async function readFileBytes(path: string, code: ErrorCode): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SignwaveError(code, `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}

/** Whether there is a file or folder of this name that may be seen. */
export function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
