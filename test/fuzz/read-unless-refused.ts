import { SignwaveError } from '@signwave/format';

/**
 * What reading a damaged file gives; `undefined` if it was refused by a SignwaveError, as it should be.
 *
 * @param what was done to the file, for messages.
 * @param onRefused is told of the refusal.
 * @throws {Error} if anything else was thrown; it is the cause.
 */
export async function readUnlessRefused<T>(
  what: string,
  read: () => Promise<T>,
  onRefused?: (error: SignwaveError) => void,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SignwaveError)) throw new Error(`${what}: not a SignwaveError`, { cause: error });
    onRefused?.(error);
    return undefined;
  }
}
