import { Inflate } from 'fflate';

/** Deflated bytes that are read and inflated at once; they inflate to 64 MiB at most. */
const MAX_PIECE_BYTES = 2 ** 16;
/** The first piece: a beginning is often all that is wanted, and few bytes can inflate to a thousand times as many. */
const FIRST_PIECE_BYTES = 2 ** 7;

/**
 * Inflate the beginning of a deflated content, or all of it.
 *
 * @param read gives bytes of the deflated content.
 * @param deflatedBytes its length.
 * @param sizeBytes of the content, as it is declared.
 * @param wantedBytes how many from the start.
 * @throws {Error} if it is damaged, or if all of it is wanted and has another length; what `read` throws.
 */
export async function inflateStart(
  read: (offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>,
  deflatedBytes: number,
  sizeBytes: number,
  wantedBytes = sizeBytes,
): Promise<Uint8Array> {
  const content = new Uint8Array(wantedBytes);
  let inflatedBytes = 0;
  const inflater = new Inflate((piece) => {
    if (inflatedBytes + piece.length > sizeBytes) throw new Error('more data than it declares');
    if (inflatedBytes < wantedBytes) content.set(piece.subarray(0, wantedBytes - inflatedBytes), inflatedBytes);
    inflatedBytes += piece.length;
  });
  const isWhole = wantedBytes === sizeBytes;
  let at = 0;
  let pieceBytes = isWhole ? MAX_PIECE_BYTES : FIRST_PIECE_BYTES;
  while (at < deflatedBytes && (isWhole || inflatedBytes < wantedBytes)) {
    const lengthBytes = Math.min(pieceBytes, deflatedBytes - at);
    inflater.push(await read(at, lengthBytes), at + lengthBytes === deflatedBytes);
    at += lengthBytes;
    pieceBytes = Math.min(MAX_PIECE_BYTES, pieceBytes * 2);
  }
  if (inflatedBytes < wantedBytes) throw new Error('less data than it declares');
  return content;
}
