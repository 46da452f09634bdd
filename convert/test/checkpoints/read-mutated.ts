import { bytesSource } from '@signwave/format';
import { expect } from 'vitest';
import { readUnlessRefused } from '../../../test/fuzz/read-unless-refused.js';
import { readAllTensors } from './read-all-tensors.js';

/**
 * As `readUnlessRefused`; a file that takes too long fails the test, too.
 *
 * @param what was done to the file, for messages.
 */
export async function readInTime<T>(
  what: string,
  maxMilliseconds: number,
  read: () => Promise<T>,
): Promise<T | undefined> {
  const start = performance.now();
  const result = await readUnlessRefused(what, read);
  expect(performance.now() - start, what).toBeLessThan(maxMilliseconds);
  return result;
}

/** No damaged file may take longer than this; an intact one takes less than a millisecond. */
const MAX_MILLISECONDS = 2_000;

/**
 * Whether the file was read; then each tensor has as many values as its shape says. Otherwise it has to be refused by a SignwaveError.
 *
 * @param name of the file. @param what was done to it, for messages.
 */
export async function isRead(file: Uint8Array, name: string, what: string): Promise<boolean> {
  const checkpoint = await readInTime(what, MAX_MILLISECONDS, () => readAllTensors(bytesSource(file, name)));
  return checkpoint !== undefined;
}
