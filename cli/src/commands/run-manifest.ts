import { type AnswerKind, linesOfShard, parseShard } from '@signwave/lab';
import { finishPart, openManifest, type PartOrigin, requestsOf } from '@signwave/lab/node';
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
export async function runManifest(model: Model, sha256: string, options: ManifestOptions): Promise<void> {
  const { folder } = options;
  const shard = parseShard(options.shard, process.env);
  const manifest = await openManifest(options.manifest);
  const { first, last } = linesOfShard(shard, manifest.lines);
  const origin: PartOrigin = {
    command: 'run',
    shard,
    of: { manifest: manifest.sha256, model: sha256, give: giveText(model, options) },
  };
  const lines = answersTo(requestsOf(manifest, first, last), model, options);
  const { path, end, wasThere } = await finishPart(folder, options.isPacked, origin, { lines });
  printNote(`${path} ${wasThere ? 'was there' : 'is written'}: ${answeredText(end.lines, end.errors)}`);
  if (end.errors > 0 && options.isStrict) process.exitCode = 1;
}
