import type { ErrorCode } from '@signwave/format';

/** Bytes of the longest image that is taken from a server. */
export const MAX_IMAGE_BYTES = 2 ** 26;

/** Why an attempt to fetch an image failed. */
export interface Failure {
  readonly reason: string;
  /** Whether another attempt would fail in the same way. */
  readonly isFinal: boolean;
  /** The code of the {@link SetupError}, if this machine is to blame and not the address. */
  readonly setup?: ErrorCode;
}

/**
 * Does something that may take `limitMs` at most, all of a body included. What is still under way when it ends, in whatever way, is told by `signal`.
 *
 * @throws {Error} what `work` throws, or that it took too long.
 */
export async function withinTime<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not all of it was there after ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    // A million images must not leave a million timers.
    clearTimeout(timer);
    controller.abort();
  }
}

/**
 * Reads a body as a whole.
 *
 * @param announcedBytes its length, if the server said it: a body that ends before is a failure that is tried again.
 */
export async function collectBody(
  body: AsyncIterable<Uint8Array>,
  announcedBytes: number | undefined,
): Promise<Uint8Array | Failure> {
  const tooLong: Failure = { reason: `it is longer than ${MAX_IMAGE_BYTES} bytes`, isFinal: true };
  if (announcedBytes !== undefined && announcedBytes > MAX_IMAGE_BYTES) return tooLong;
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    // Leaving the loop ends the transfer.
    if (sizeBytes > MAX_IMAGE_BYTES) return tooLong;
    pieces.push(piece);
  }
  if (announcedBytes !== undefined && sizeBytes < announcedBytes) {
    return { reason: `it ended after ${sizeBytes} of ${announcedBytes} bytes`, isFinal: false };
  }
  return Buffer.concat(pieces);
}
