import { bytesSource, SignwaveError } from '@signwave/format';
import { expect } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';

/** No damaged file may take longer than this; an intact one takes less than a millisecond. */
const MAX_MILLISECONDS = 2_000;

/**
 * Whether the file was read; `readF32` of each tensor has to work then, and give as many values as its shape says. Otherwise it has to be
 * refused by a SignwaveError.
 *
 * @param name of the file. @param what was done to it, for messages.
 */
export async function isRead(file: Uint8Array, name: string, what: string): Promise<boolean> {
  const start = performance.now();
  try {
    const { tensors } = await openCheckpoint(bytesSource(file, name));
    for (const { shape, readF32 } of tensors.values()) {
      expect(await readF32(), what).toHaveLength(shape.reduce((product, side) => product * side, 1));
    }
    return true;
  } catch (error) {
    if (!(error instanceof SignwaveError)) throw new Error(`${what}: not a SignwaveError`, { cause: error });
    return false;
  } finally {
    expect(performance.now() - start, what).toBeLessThan(MAX_MILLISECONDS);
  }
}
