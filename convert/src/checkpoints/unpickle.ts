// unpickle.ts — reading a pickle stream, from memory or piece by piece.

import type { ByteSource } from '@signwave/format';
import { PICKLE_WINDOW_BYTES } from './limits.js';
import { LOOKAHEAD_BYTES, type Steps } from './pickle-cursor.js';
import { PickleMachine, type Unpickled, type UnpickleOptions } from './pickle-machine.js';
import { memoReads } from './pickle-memo.js';

/**
 * Read a pickle stream without building or calling anything it names.
 *
 * @param bytes the stream; more may follow.
 * @param sourceName the checkpoint's name, for messages.
 * @throws {SignwaveError} `E_CHECKPOINT_PICKLE`, with the byte offset, if the stream is malformed, exceeds a limit of
 *   limits.ts, or names a function that only an attack would call.
 */
export function unpickle(bytes: Uint8Array, sourceName: string, options: UnpickleOptions = {}): Unpickled {
  const reads = finished(memoReads(bytes.length, bytes));
  return finished(new PickleMachine(bytes.length, bytes, reads, sourceName, options).run());
}

/**
 * Read a pickle stream that may be larger than memory. It is read twice, in pieces, and long values that are no part of a tensor aren't
 * kept.
 *
 * @param startBytes where the stream begins in `source`.
 */
export async function unpickleSource(
  source: ByteSource,
  startBytes: number,
  sourceName: string,
  options: UnpickleOptions = {},
): Promise<Unpickled> {
  const sizeBytes = source.sizeBytes - startBytes;
  const window = windowsOf(source, startBytes);
  const first = await window(0);
  const reads = await fed(memoReads(sizeBytes, first), window);
  return fed(new PickleMachine(sizeBytes, first, reads, sourceName, options).run(), window);
}

/** Reads pieces of a source from a given offset on; the last piece is used again while it reaches far enough. */
function windowsOf(source: ByteSource, startBytes: number): (offset: number) => Promise<Uint8Array> {
  const sizeBytes = source.sizeBytes - startBytes;
  let piece = new Uint8Array(0);
  let pieceStart = 0;
  return async (offset) => {
    const pieceEnd = pieceStart + piece.length;
    const isHeld = offset >= pieceStart && (pieceEnd - offset >= LOOKAHEAD_BYTES || pieceEnd === sizeBytes);
    if (!isHeld) {
      const lengthBytes = Math.min(PICKLE_WINDOW_BYTES, sizeBytes - offset);
      piece = (await source.read(startBytes + offset, lengthBytes)) as Uint8Array<ArrayBuffer>;
      pieceStart = offset;
    }
    return piece.subarray(offset - pieceStart);
  };
}

async function fed<T>(steps: Steps<T>, window: (offset: number) => Promise<Uint8Array>): Promise<T> {
  let step = steps.next();
  while (!step.done) step = steps.next(await window(step.value));
  return step.value;
}

/** The result of steps over a stream that is in memory as a whole. */
function finished<T>(steps: Steps<T>): T {
  const step = steps.next();
  if (!step.done) throw new Error('bytes are asked for past the end of the stream');
  return step.value;
}
