import { stat } from 'node:fs/promises';
import { makeFolder, systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import {
  originDifference,
  type PartContent,
  type PartEnd,
  type PartOrigin,
  partPath,
  readPartEnd,
  writePart,
} from './parts.js';

export interface FinishedPart {
  readonly path: string;
  readonly end: PartEnd;
  /** Whether it was there from an earlier call. */
  readonly wasThere: boolean;
}

/**
 * Writes the part of a share into a folder, which is made; one that is there already isn't made again.
 *
 * @throws {SignwaveError} `E_USAGE` if the part that is there is of something else; `E_DATA` if it isn't whole; `E_IO`; what the lines throw.
 */
export async function finishPart(
  folder: string,
  isPacked: boolean,
  origin: PartOrigin,
  content: PartContent,
): Promise<FinishedPart> {
  await makeFolder(folder).catch((cause) => {
    throw new SignwaveError('E_IO', `${folder} can't be made: ${systemReason(cause)}`, { cause });
  });
  const path = partPath(folder, origin.shard, isPacked);
  if (!(await stat(path).catch(() => undefined)))
    return { path, end: await writePart(path, origin, content), wasThere: false };
  const end = await readPartEnd(path);
  const odd = originDifference(end, origin);
  if (odd === undefined) return { path, end, wasThere: true };
  throw new SignwaveError('E_USAGE', `${path} is there, made with ${odd}; choose another folder, or remove it`);
}
