import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { PART_NAME } from './parts.js';

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
      const [, index, count] = PART_NAME.exec(name) ?? [];
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
