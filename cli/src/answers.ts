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
  const ahead = AHEAD + model.info().threads;
  return answerLines(model, lines, { kind, top, ahead, readInput: (request) => inputs.read(request) });
}

/** How many lines were answered, and how many of the answers are errors, in words. */
export function answeredText(answers: number, errors: number): string {
  return `${count(answers)} lines answered, ${count(errors)} of them with an error`;
}
