import { SignwaveError, shorten } from '@signwave/format';

/**
 * Read something that may fail in a way of its own.
 *
 * @param hint what else there is to say, from "; " on.
 * @throws {SignwaveError} `E_IO` for whatever `read` throws, unless it is a `SignwaveError`; an abort throws the signal's reason.
 */
export async function orReadError<T>(
  name: string,
  signal: AbortSignal | undefined,
  hint: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof SignwaveError) throw cause;
    // Node's reasons end with the call and the path.
    const reason = shorten((cause as Error).message.split(', ')[0]!);
    throw new SignwaveError('E_IO', `${name}: can't be read (${reason})${hint}`, { cause });
  }
}
