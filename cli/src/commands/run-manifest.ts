import { stat } from 'node:fs/promises';
import { makeFolder, systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { type AnswerKind, linesOfShard, parseShard } from '@signwave/lab';
import {
  openFileSource,
  openManifest,
  originDifference,
  type PartEnd,
  type PartOrigin,
  partPath,
  readPartEnd,
  requestsOf,
  sha256,
  writePart,
} from '@signwave/lab/node';
import type { Model } from '@signwave/runtime';
import { answeredText, answersTo, giveText } from '../answers.js';
import { printNote } from '../report/output.js';

export interface ManifestOptions {
  readonly kind: AnswerKind;
  readonly top: number;
  readonly isStrict: boolean;
  readonly manifest: string;
  readonly folder: string;
  /** As given: `3/8`, `auto`. */
  readonly shard: string;
  readonly isPacked: boolean;
}

/** Answers a share of a list into a file of its own; one that is there already isn't made again. */
export async function runManifest(modelPath: string, model: Model, options: ManifestOptions): Promise<void> {
  const { folder } = options;
  const shard = parseShard(options.shard, process.env);
  const manifest = await openManifest(options.manifest);
  const { first, last } = linesOfShard(shard, manifest.lines);
  const origin: PartOrigin = {
    shard,
    manifest: manifest.sha256,
    model: await hashOf(modelPath),
    give: giveText(model, options),
  };
  await makeFolder(folder).catch((cause) => {
    throw new SignwaveError('E_IO', `${folder} can't be made: ${systemReason(cause)}`, { cause });
  });
  const path = partPath(folder, shard, options.isPacked);
  const finished = await finishedPart(path, origin);
  const end = finished ?? (await writePart(path, origin, answersTo(requestsOf(manifest, first, last), model, options)));
  printNote(`${path} ${finished ? 'was there' : 'is written'}: ${answeredText(end)}`);
  if (end.errors > 0 && options.isStrict) process.exitCode = 1;
}

/** The part that is there from an earlier call; undefined if there is none. @throws {SignwaveError} `E_USAGE` if it is of something else. */
async function finishedPart(path: string, origin: PartOrigin): Promise<PartEnd | undefined> {
  if (!(await stat(path).catch(() => undefined))) return undefined;
  const end = await readPartEnd(path);
  const odd = originDifference(end, origin);
  if (odd === undefined) return end;
  throw new SignwaveError(
    'E_USAGE',
    `${path} is there, made with another ${odd}: ${end[odd]}, not ${origin[odd]}; choose another folder, or remove it`,
  );
}

async function hashOf(path: string): Promise<string> {
  const source = await openFileSource(path);
  try {
    return await sha256([source]);
  } finally {
    await source.close();
  }
}
