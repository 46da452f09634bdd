import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import { type ErrorCode, SignwaveError } from '@signwave/format';

/** Bytes of a file that is read as a whole; no engine holds more in one buffer. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** Bytes of a text that people write: a config, labels, a network, a recipe. Labels of ImageNet-21k in JSON take 2 MB. */
export const MAX_TEXT_FILE_BYTES = 2 ** 24;

/** What a shell calls the pipes that it gives a program: `/dev/stdin`, and `<(command)`. */
const SHELL_PIPE = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/\d+)$/;
const FIRST_PIECE_BYTES = 2 ** 16;

/** The operating system's reason in words: "no such file or directory", "no space left on device". */
export function systemReason(error: unknown): string {
  const errno = (error as NodeJS.ErrnoException).errno;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? known[1] : error instanceof Error ? error.message : String(error);
}

/**
 * Opens a file to read, if it is a plain file. A pipe that nobody writes to would be waited for without end, and a device such as `/dev/zero`
 * has no end, also behind a link that lies where a file is expected.
 *
 * @throws {Error} with a reason for {@link systemReason}.
 */
export async function openPlainFile(path: string): Promise<{ file: FileHandle; sizeBytes: number }> {
  const { file, status } = await openWithoutWaiting(path);
  if (status.isFile()) return { file, sizeBytes: status.size };
  await file.close();
  throw new Error(`it is ${kindOf(status)}, a file is expected`);
}

/**
 * Reads a plain file as a whole, or a pipe that the shell made.
 *
 * @param maxBytes a longer one is refused: a file before it is read, a pipe when it gets longer.
 * @throws {Error} with a reason for {@link systemReason}.
 */
export async function readPlainFile(path: string, maxBytes: number = MAX_FILE_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const { file, status } = await openWithoutWaiting(path);
  try {
    if (!status.isFile() && !(status.isFIFO() && SHELL_PIPE.test(path))) {
      throw new Error(`it is ${kindOf(status)}, a file is expected`);
    }
    const tooLong = (found: string): Error =>
      new Error(`it has ${found} bytes, more than the ${maxBytes} of the longest`);
    if (status.size > maxBytes) throw tooLong(String(status.size));
    // One byte more than expected, to find the end without asking for memory.
    let bytes = new Uint8Array(status.isFile() ? status.size + 1 : FIRST_PIECE_BYTES);
    let filled = 0;
    for (;;) {
      const lengthBytes = Math.min(bytes.length - filled, MAX_FILE_BYTES);
      const { bytesRead } = await file.read(bytes, filled, lengthBytes);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
      if (filled > maxBytes) throw tooLong(`at least ${filled}`);
      if (filled < bytes.length) continue;
      const longer = new Uint8Array(Math.min(2 * filled, maxBytes + 1));
      longer.set(bytes);
      bytes = longer;
    }
  } finally {
    await file.close();
  }
}

/** Opens a file; a pipe without a writer is opened, too, rather than waited for. */
async function openWithoutWaiting(path: string): Promise<{ file: FileHandle; status: Stats }> {
  const waits = SHELL_PIPE.test(path) ? 0 : (constants.O_NONBLOCK ?? 0);
  const file = await open(path, constants.O_RDONLY | waits);
  try {
    return { file, status: await file.stat() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  if (status.isFIFO()) return 'a pipe';
  return status.isCharacterDevice() || status.isBlockDevice() ? 'a device' : 'no plain file';
}

/**
 * Read a whole file.
 *
 * @param code of the error if it can't be read; it depends on what the file is for.
 * @param maxBytes a longer file is refused.
 * @throws {SignwaveError} `code`, with the system's reason in words, also for what is no plain file.
 */
export async function readFileBytes(path: string, code: ErrorCode, maxBytes?: number): Promise<Uint8Array> {
  try {
    return await readPlainFile(path, maxBytes);
  } catch (cause) {
    throw new SignwaveError(code, `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}

/** Whether a file or folder with this path exists and is visible to this user. */
export function fileExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a plain file of at most `maxBytes` is there. For files that are read if they happen to lie beside another. */
export function isPlainFile(path: string, maxBytes: number): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile() && status.size <= maxBytes,
    () => false,
  );
}
