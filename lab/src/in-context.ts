import { SignwaveError } from '@signwave/format';

/** Runs `action`, and prefixes the message of its error with the file that it is about. */
export function inContext<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SignwaveError)
      throw new SignwaveError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
