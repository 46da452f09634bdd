import type { Remark } from '@signwave/data';
import { parseJsonText, SignwaveError, shorten, tagOf } from '@signwave/format';
import { type Evaluation, linesOfShard, type Outcome, Tally, tellUndecodable } from '../index.js';
import { summaryOf } from './evaluation-summary.js';
import type { Parts } from './merge-parts.js';

/**
 * Counts what the shares of an evaluation have found: the evaluation that one process gives, in which `msPerImage` is the mean over all images,
 * on whichever machines they were evaluated.
 *
 * @throws {SignwaveError} `E_DATA` if a part is not whole or of another evaluation, or unless each image of the sample is there exactly once;
 *   `E_IMAGE` if none could be decoded.
 */
export async function mergeEvaluation(
  { first, lines, ends }: Parts,
  onRemark: (remark: Remark) => void,
): Promise<Evaluation> {
  const subject = summaryOf(first);
  const tally = new Tally(subject);
  let before = -1;
  let odd: string | undefined;
  for await (const line of lines) {
    const outcome = outcomeOf(line, subject.classes);
    // The images of a sample are in ascending order, so that none is there twice.
    if (outcome && outcome.index > before && outcome.index < subject.available) {
      before = outcome.index;
      tally.add(outcome);
    } else {
      odd ??= `part ${ends.length + 1} of ${first.shard.count} has a line that doesn't belong there: ${shorten(Buffer.from(line).toString().trim())}`;
    }
  }
  // Only now, since the end of a part may say more: that it was changed, or is of another evaluation.
  if (odd !== undefined) throw new SignwaveError('E_DATA', `${odd}; remove it and run its share again`);
  let runMs = 0;
  for (const end of ends) {
    const share = linesOfShard(end.shard, subject.count);
    const expected = share.last - share.first + 1;
    if (end.lines !== expected) {
      throw new SignwaveError(
        'E_DATA',
        `part ${end.shard.index} of ${end.shard.count} has ${end.lines} images, its share are ${expected}; remove it and run its share again`,
      );
    }
    runMs += summaryOf(end).runMs;
  }
  tellUndecodable(subject.data, subject.count, tally.undecodable, onRemark);
  return tally.evaluation(runMs);
}

function outcomeOf(line: Uint8Array, classes: number): Outcome | undefined {
  let it: Record<string, unknown>;
  try {
    it = Object(parseJsonText(new TextDecoder().decode(line)));
  } catch {
    return undefined;
  }
  const { index, name, error, label, predicted, isInTop5 } = it;
  const isBelow = (value: unknown, end: number): boolean =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < end;
  if (!isBelow(index, Number.POSITIVE_INFINITY)) return undefined;
  const isOutcome =
    error === undefined
      ? isBelow(label, classes) && isBelow(predicted, classes) && typeof isInTop5 === 'boolean'
      : typeof name === 'string' &&
        tagOf(error) === 'Object' &&
        typeof (error as { message?: unknown }).message === 'string';
  return isOutcome ? (it as unknown as Outcome) : undefined;
}
