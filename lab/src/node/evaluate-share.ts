import { createHash } from 'node:crypto';
import type { Model } from '@signwave/runtime';
import { linesOfShard, type OnProgress, type Outcome, runImages, type Shard, subjectOf } from '../index.js';
import type { EvaluationSummary } from './evaluation-summary.js';
import { type FinishedPart, finishPart } from './finish-part.js';
import type { OpenedSample } from './open-image-sample.js';

/** A share of an evaluation, and where its part goes. */
export interface EvaluationShare {
  readonly shard: Shard;
  /** SHA-256 of the model's file. */
  readonly modelHash: string;
  /** Names of the classes that decided which folder is which. */
  readonly labels: readonly string[] | undefined;
  readonly folder: string;
  readonly isPacked: boolean;
  readonly onProgress: OnProgress;
}

/**
 * Runs a model on a share of a sample, and writes what became of each of its images into a part; one that is there already isn't made again.
 *
 * @throws {SignwaveError} as `finishPart`; `E_INPUT_SHAPE` without an input recipe.
 */
export async function evaluateShare(
  model: Model,
  sample: OpenedSample,
  { shard, modelHash, labels, folder, isPacked, onProgress }: EvaluationShare,
): Promise<FinishedPart> {
  const { first, last } = linesOfShard(shard, sample.count);
  const runs = runImages(model, sample, first - 1, last, onProgress);
  let runMs = 0;
  async function* lines(): AsyncGenerator<Outcome> {
    for await (const { outcome, ms } of runs) {
      runMs += ms;
      yield outcome;
    }
  }
  const of = {
    model: modelHash,
    labels: labels ? createHash('sha256').update(JSON.stringify(labels)).digest('hex') : 'none',
    sample: sample.description,
    data: await sample.hash(),
  };
  const summary = (): EvaluationSummary => ({ ...subjectOf(model, sample), runMs });
  return finishPart(folder, isPacked, { command: 'eval', shard, of }, { lines: lines(), summary });
}
