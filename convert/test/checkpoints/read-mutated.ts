import { bytesSource, SignwaveError } from '@signwave/format';
import { expect } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';

/**
 * What reading a damaged file gives; `undefined` if it was refused by a SignwaveError, as it should be. Anything else that is thrown, and a
 * file that takes too long, fail the test.
 *
 * @param what was done to the file, for messages.
 */
export async function readUnlessRefused<T>(
  what: string,
  maxMilliseconds: number,
  read: () => Promise<T>,
): Promise<T | undefined> {
  const start = performance.now();
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SignwaveError)) throw new Error(`${what}: not a SignwaveError`, { cause: error });
    return undefined;
  } finally {
    expect(performance.now() - start, what).toBeLessThan(maxMilliseconds);
  }
}

/** No damaged file may take longer than this; an intact one takes less than a millisecond. */
const MAX_MILLISECONDS = 2_000;

/**
 * Whether the file was read; `readF32` of each tensor has to work then, and give as many values as its shape says. Otherwise it has to be
 * refused by a SignwaveError.
 *
 * @param name of the file. @param what was done to it, for messages.
 */
export async function isRead(file: Uint8Array, name: string, what: string): Promise<boolean> {
  const result = await readUnlessRefused(what, MAX_MILLISECONDS, async () => {
    const { tensors } = await openCheckpoint(bytesSource(file, name));
    for (const { shape, readF32 } of tensors.values()) {
      expect(await readF32(), what).toHaveLength(shape.reduce((product, side) => product * side, 1));
    }
    return true;
  });
  return result ?? false;
}
