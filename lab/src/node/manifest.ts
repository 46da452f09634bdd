import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openPlainFile, systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { type Line, splitLines } from '../index.js';

/** Bytes of the longest line: an image of 48 MiB in base64. */
export const MAX_LINE_BYTES = 2 ** 26;

/** A list of inputs, one a line: a path, an http, https or s3 address, or a request as a JSON object. */
export interface Manifest {
  readonly path: string;
  readonly sha256: string;
  /** Number of lines, empty ones included. */
  readonly lines: number;
}

/** Reads a list once, to count and to name it. @throws {SignwaveError} `E_IO` if it can't be read. */
export async function openManifest(path: string): Promise<Manifest> {
  const hash = createHash('sha256');
  let lines = 0;
  let last = 0;
  for await (const chunk of bytesOf(path)) {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    last = chunk.at(-1) ?? last;
  }
  // The last line may have no end.
  if (last !== 0 && last !== 10) lines++;
  return { path, sha256: hash.digest('hex'), lines };
}

/** Lines `first` to `last` of a list, each as the text of a request. @throws {SignwaveError} `E_IO` if it can't be read. */
export async function* requestsOf({ path }: Manifest, first: number, last: number): AsyncGenerator<Line> {
  for await (const line of splitLines(bytesOf(path), MAX_LINE_BYTES)) {
    if (line.number > last) return;
    if (line.number < first) continue;
    yield 'text' in line ? { number: line.number, text: requestText(line.text) } : line;
  }
}

function requestText(text: string): string {
  if (text.startsWith('{')) return text;
  const place = text.endsWith('\r') ? text.slice(0, -1) : text;
  return JSON.stringify(/^(?:https?|s3):\/\//i.test(place) ? { url: place } : { path: place });
}

/** The bytes of a file, in pieces. @throws {SignwaveError} `E_IO` if it can't be read. */
export async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    const { file } = await openPlainFile(path);
    yield* createReadStream('', { fd: file, highWaterMark: 2 ** 20 });
  } catch (cause) {
    throw new SignwaveError('E_IO', `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}
