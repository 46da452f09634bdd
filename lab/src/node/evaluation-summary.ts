import { SignwaveError, tagOf } from '@signwave/format';
import type { EvaluationSubject } from '../index.js';
import type { PartEnd } from './parts.js';

/** What the last line of a part of an evaluation says besides. */
export interface EvaluationSummary extends EvaluationSubject {
  /** Time of all runs of the model for the images of the part. */
  readonly runMs: number;
}

const TEXTS = ['model', 'data', 'sample'] as const;
const COUNTS = ['available', 'classes', 'count'] as const;

/** @throws {SignwaveError} `E_DATA` if the part's last line doesn't have it. */
export function summaryOf({ summary, shard }: PartEnd): EvaluationSummary {
  const it = (tagOf(summary) === 'Object' ? summary : {}) as Partial<EvaluationSummary>;
  const isSummary =
    TEXTS.every((key) => typeof it[key] === 'string') &&
    COUNTS.every((key) => Number.isSafeInteger(it[key]) && it[key]! >= 0) &&
    Array.isArray(it.classNames) &&
    it.classNames.length === it.classes &&
    it.classNames.every((name) => typeof name === 'string') &&
    typeof it.runMs === 'number';
  if (isSummary) return it as EvaluationSummary;
  throw new SignwaveError(
    'E_DATA',
    `part ${shard.index} of ${shard.count}: its last line doesn't say what was evaluated; remove it and run its share again`,
  );
}
