/** A line of a stream, counted from 1. */
export type Line =
  | { readonly number: number; readonly text: string }
  /** What can't be a text: why, in words. The rest of the line is passed over. */
  | { readonly number: number; readonly problem: string };

const NEWLINE = 10;

/**
 * Divides a stream of bytes into lines of UTF-8, one at a time. The last line may have no end. Empty lines are counted, but not given.
 *
 * @param maxBytes of a longer line nothing is kept.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let number = 0;
  const add = (piece: Uint8Array): void => {
    sizeBytes += piece.length;
    if (sizeBytes <= maxBytes) pieces.push(piece);
    else pieces = [];
  };
  const take = (): Line | undefined => {
    number++;
    const line =
      sizeBytes <= maxBytes ? lineOf(number, joined(pieces, sizeBytes)) : tooLong(number, sizeBytes, maxBytes);
    pieces = [];
    sizeBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line) yield line;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  const last = sizeBytes > 0 ? take() : undefined;
  if (last) yield last;
}

function joined(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Reads a line of UTF-8, which is given by itself. @returns undefined if it is empty. */
export function lineOf(number: number, bytes: Uint8Array): Line | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? undefined : { number, text };
  } catch {
    return { number, problem: 'the line is not UTF-8' };
  }
}

function tooLong(number: number, sizeBytes: number, maxBytes: number): Line {
  return { number, problem: `the line has ${sizeBytes} bytes, at most ${maxBytes} are read` };
}
