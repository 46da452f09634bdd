import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { systemReason, writeFileAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { type Answer, type Shard, splitLines } from '../index.js';
import { bytesOf, MAX_LINE_BYTES } from './manifest.js';

/** What the answers of a part are of: those of one list have all but `shard` in common. */
export interface PartOrigin {
  readonly shard: Shard;
  /** SHA-256 of the list of inputs. */
  readonly manifest: string;
  /** SHA-256 of the model. */
  readonly model: string;
  /** What the answers hold: "logits", "labels, 5". */
  readonly give: string;
}

/** What two parts have to have in common, and don't; undefined if they have all of it. */
export function originDifference(a: PartOrigin, b: PartOrigin): 'manifest' | 'model' | 'give' | undefined {
  return (['manifest', 'model', 'give'] as const).find((key) => a[key] !== b[key]);
}

/** The last line of a part, by which it is known to be whole. */
export interface PartEnd extends PartOrigin {
  readonly answers: number;
  readonly errors: number;
}

const NAME = /^part-(\d+)-of-(\d+)\.jsonl(\.gz)?$/;

/** The file of a part. @param isPacked whether it is packed by gzip. */
export function partPath(folder: string, { index, count }: Shard, isPacked: boolean): string {
  return join(folder, `part-${index}-of-${count}.jsonl${isPacked ? '.gz' : ''}`);
}

/**
 * Writes a part: an answer a line, and the line that says what it is. The file appears when it is whole.
 *
 * @throws {SignwaveError} `E_IO` if it can't be written, and what `answers` throws.
 */
export async function writePart(path: string, origin: PartOrigin, answers: AsyncIterable<Answer>): Promise<PartEnd> {
  let end: PartEnd = { ...origin, answers: 0, errors: 0 };
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const answer of answers) {
      end = { ...end, answers: end.answers + 1, errors: end.errors + ('error' in answer ? 1 : 0) };
      yield Buffer.from(`${JSON.stringify(answer)}\n`);
    }
    yield Buffer.from(`${JSON.stringify({ part: end })}\n`);
  }
  const text = Readable.from(lines(), { objectMode: false });
  // An error of the answers ends the stream that is written.
  await writeFileAtomic(path, path.endsWith('.gz') ? pipeline(text, createGzip(), () => {}) : text);
  return end;
}

/**
 * Reads the answers of a part, a line at a time, and checks that it is whole.
 *
 * @returns its last line.
 * @throws {SignwaveError} `E_IO` if it can't be read, `E_DATA` if it isn't whole or isn't a part.
 */
export async function* readPart(path: string): AsyncGenerator<Uint8Array, PartEnd> {
  let last: string | undefined;
  let answers = -1;
  for await (const line of linesOf(path)) {
    if (last !== undefined) yield Buffer.from(`${last}\n`);
    last = line;
    answers++;
  }
  const end = endOf(last);
  const { index, count } = end?.shard ?? {};
  if (end?.answers === answers) {
    if (basename(path).startsWith(`part-${index}-of-${count}.`)) return end;
    throw new SignwaveError('E_DATA', `${path} holds part ${index} of ${count}: give it its name back`);
  }
  throw new SignwaveError(
    'E_DATA',
    `${path} is no whole part: its last line doesn't say what it is; remove it and run its share again`,
  );
}

/** The last line of a part, and nothing of its answers. @throws {SignwaveError} as {@link readPart}. */
export async function readPartEnd(path: string): Promise<PartEnd> {
  const lines = readPart(path);
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return value;
  }
}

function endOf(line: string | undefined): PartEnd | undefined {
  try {
    return JSON.parse(line ?? '').part;
  } catch {
    return undefined;
  }
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

/**
 * The files of all parts of a folder, in their order.
 *
 * @throws {SignwaveError} `E_IO` if the folder can't be read; `E_DATA` if there are none, if some are missing, or if it has parts of several divisions.
 */
export async function findParts(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder).catch((cause) => {
    throw new SignwaveError('E_IO', `${folder} can't be read: ${systemReason(cause)}`, { cause });
  });
  const parts = found
    .flatMap((name) => {
      const [, index, count] = NAME.exec(name) ?? [];
      return index === undefined ? [] : [{ name, index: Number(index), count: Number(count) }];
    })
    .sort((a, b) => a.index - b.index || a.count - b.count);
  const [first] = parts;
  if (!first)
    throw new SignwaveError('E_DATA', `${folder} has no parts; they are called part-1-of-8.jsonl or .jsonl.gz`);
  const { count } = first;
  parts.forEach((part, n) => {
    const before = parts[n - 1];
    if (before && (before.index === part.index || part.count !== count)) {
      throw new SignwaveError(
        'E_DATA',
        `${folder} has parts that don't belong together: ${before.name} and ${part.name}`,
      );
    }
  });
  const missing = Array.from({ length: count }, (_, n) => n + 1).filter((index) =>
    parts.every((it) => it.index !== index),
  );
  if (missing.length > 0) {
    const named = missing.slice(0, 10).join(', ') + (missing.length > 10 ? `, and ${missing.length - 10} more` : '');
    throw new SignwaveError(
      'E_DATA',
      `${folder} lacks ${missing.length} of ${count} parts: ${named}; run these shares`,
    );
  }
  return parts.map(({ name }) => join(folder, name));
}
