import { type AnswerKind, answerLines, splitLines } from '@signwave/lab';
import { MAX_LINE_BYTES, RequestInputs } from '@signwave/lab/node';
import type { Model } from '@signwave/runtime';
import { count, printNote, printRemark, writeResult } from '../report/output.js';

/** Inputs that are read while another one is computed: a decoder for each of libuv's four threads. */
export const AHEAD = 4;

/** Answers each line of stdin with a line on stdout. @param isStrict whether an answer that is an error makes the exit status 1. */
export async function runLines(
  model: Model,
  options: { readonly kind: AnswerKind; readonly top: number; readonly isStrict: boolean },
): Promise<void> {
  const inputs = new RequestInputs(model, printRemark);
  const answers = answerLines(model, splitLines(process.stdin, MAX_LINE_BYTES), {
    ...options,
    readInput: (request) => inputs.read(request),
    ahead: AHEAD + model.info().threads,
  });
  let lines = 0;
  let errors = 0;
  for await (const answer of answers) {
    lines++;
    if ('error' in answer) errors++;
    // A reader that has seen enough needs no more answers.
    if (!(await writeResult(JSON.stringify(answer)))) break;
  }
  printNote(`${count(lines)} lines answered, ${count(errors)} of them with an error`);
  if (errors > 0 && options.isStrict) process.exitCode = 1;
}
