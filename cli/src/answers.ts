import { type Answer, type AnswerKind, answerLines, type Line } from '@signwave/lab';
import { RequestInputs } from '@signwave/lab/node';
import type { Model } from '@signwave/runtime';
import { count, printRemark } from './report/output.js';

/** Inputs that are read while another one is computed: a decoder for each of libuv's four threads. */
const AHEAD = 4;

/** Answers each line of a stream. */
export function answersTo(
  lines: AsyncIterator<Line>,
  model: Model,
  { kind, top }: { readonly kind: AnswerKind; readonly top: number },
): AsyncIterable<Answer> {
  const inputs = new RequestInputs(model, printRemark);
  const ahead = linesAhead(model);
  return answerLines(model, lines, { kind, top, ahead, readInput: (request) => inputs.read(request) });
}

/** How many lines are read ahead of the one that is computed. */
export function linesAhead(model: Model): number {
  return AHEAD + model.info().threads;
}

/** What the answers hold, as parts and queues say it: "logits", "labels, 5". */
export function giveText(model: Model, { kind, top }: { readonly kind: AnswerKind; readonly top: number }): string {
  return kind === 'labels' ? `labels, ${Math.min(top, model.outputs)}` : kind;
}

/** How many lines, or runs, were answered, and how many of the answers are errors, in words. */
export function answeredText(answers: number, errors: number, what: 'lines' | 'runs' = 'lines'): string {
  return `${count(answers)} ${what} answered, ${count(errors)} of them with an error`;
}
