import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { systemReason, writeFileAtomic } from '@signwave/data/node';
import { parseJsonText, SignwaveError, tagOf } from '@signwave/format';
import { type Shard, splitLines } from '../index.js';
import { bytesOf, MAX_LINE_BYTES } from './manifest.js';

/** What the lines of a part are of: the parts of one work have all but `shard` in common. */
export interface PartOrigin {
  /** The command that gives the lines. */
  readonly command: 'run' | 'eval';
  readonly shard: Shard;
  /** What decides the lines, by what messages call it: the model's SHA-256 and so on. What comes first explains what follows. */
  readonly of: Readonly<Record<string, string>>;
}

/** What two parts have to have in common, and don't, in words; undefined if they have all of it. */
export function originDifference(a: PartOrigin, b: PartOrigin): string | undefined {
  const [ofA, ofB] = [a, b].map(({ command, of }): Readonly<Record<string, string>> => ({ command, ...of }));
  const key = Object.keys({ ...ofA, ...ofB }).find((it) => ofA![it] !== ofB![it]);
  return key && `the ${key} ${ofA![key]}, not ${ofB![key]}`;
}

/** A line of a part: an answer, or what became of an image. */
export type PartLine = object & { readonly error?: unknown };

/** What a part holds, in front of the line that says what it is. */
export interface PartContent {
  readonly lines: AsyncIterable<PartLine>;
  /** Is called behind the lines: what is to be known of all of them together. */
  readonly summary?: () => object;
}

/** The last line of a part, by which it is known to be whole. */
export interface PartEnd extends PartOrigin {
  /** Number of lines in front of this one. */
  readonly lines: number;
  /** How many of them have an `error`. */
  readonly errors: number;
  /** SHA-256 of the bytes of these lines. */
  readonly sha256: string;
  readonly summary?: unknown;
}

/** The name of a part: index, count, and ".gz" if it is packed. */
export const PART_NAME = /^part-(\d+)-of-(\d+)\.jsonl(\.gz)?$/;

/** The file of a part. @param isPacked whether it is packed by gzip. */
export function partPath(folder: string, { index, count }: Shard, isPacked: boolean): string {
  return join(folder, `part-${index}-of-${count}.jsonl${isPacked ? '.gz' : ''}`);
}

/**
 * Writes a part. The file appears when it is whole.
 *
 * @throws {SignwaveError} `E_IO` if it can't be written, and what the lines throw.
 */
export async function writePart(path: string, origin: PartOrigin, { lines, summary }: PartContent): Promise<PartEnd> {
  const hash = createHash('sha256');
  let end: PartEnd = { ...origin, lines: 0, errors: 0, sha256: '' };
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const line of lines) {
      end = { ...end, lines: end.lines + 1, errors: end.errors + ('error' in line ? 1 : 0) };
      const text = Buffer.from(`${JSON.stringify(line)}\n`);
      hash.update(text);
      yield text;
    }
    end = { ...end, sha256: hash.digest('hex'), ...(summary && { summary: summary() }) };
    yield Buffer.from(`${JSON.stringify({ part: end })}\n`);
  }
  const text = Readable.from(bytes(), { objectMode: false });
  // An error of the lines ends the stream that is written.
  await writeFileAtomic(path, path.endsWith('.gz') ? pipeline(text, createGzip(), () => {}) : text);
  return end;
}

/**
 * Reads the lines of a part, one at a time, and checks that it is whole.
 *
 * @returns its last line.
 * @throws {SignwaveError} `E_IO` if it can't be read, `E_DATA` if it isn't whole, isn't a part or was changed.
 */
export async function* readPart(path: string): AsyncGenerator<Uint8Array, PartEnd> {
  const hash = createHash('sha256');
  let last: string | undefined;
  let lines = -1;
  for await (const line of linesOf(path)) {
    if (last !== undefined) {
      const bytes = Buffer.from(`${last}\n`);
      hash.update(bytes);
      yield bytes;
    }
    last = line;
    lines++;
  }
  const end = endOf(last);
  const again = 'remove it and run its share again';
  if (!end) {
    throw new SignwaveError('E_DATA', `${path} is no whole part: its last line doesn't say what it is; ${again}`);
  }
  if (end.lines !== lines || end.sha256 !== hash.digest('hex')) {
    throw new SignwaveError(
      'E_DATA',
      `${path} was changed: its lines aren't those that its last line tells of; ${again}`,
    );
  }
  const { index, count } = end.shard;
  if (basename(path).startsWith(`part-${index}-of-${count}.`)) return end;
  throw new SignwaveError('E_DATA', `${path} holds part ${index} of ${count}: give it its name back`);
}

/** The last line of a part, and nothing of the others. @throws {SignwaveError} as {@link readPart}. */
export async function readPartEnd(path: string): Promise<PartEnd> {
  const lines = readPart(path);
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return value;
  }
}

function endOf(line: string | undefined): PartEnd | undefined {
  let end: Partial<PartEnd> | undefined;
  try {
    end = (parseJsonText(line ?? '') as { readonly part?: PartEnd }).part;
  } catch {
    return undefined;
  }
  const { command, shard, of, lines, errors, sha256 } = end ?? {};
  const isEnd =
    (command === 'run' || command === 'eval') &&
    [shard?.index, shard?.count, lines, errors].every(Number.isSafeInteger) &&
    tagOf(of) === 'Object' &&
    Object.values(of!).every((it) => typeof it === 'string') &&
    typeof sha256 === 'string';
  return isEnd ? (end as PartEnd) : undefined;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const bytes = bytesOf(path);
    const text: AsyncIterable<Buffer> = path.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => {}) : bytes;
    for await (const line of splitLines(text, MAX_LINE_BYTES)) {
      if ('problem' in line) throw new Error(`line ${line.number}: ${line.problem}`);
      yield line.text;
    }
  } catch (cause) {
    if (cause instanceof SignwaveError) throw cause;
    throw new SignwaveError('E_IO', `${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}
