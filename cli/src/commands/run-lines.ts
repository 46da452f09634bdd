import { type AnswerKind, splitLines } from '@signwave/lab';
import { MAX_LINE_BYTES } from '@signwave/lab/node';
import type { Model } from '@signwave/runtime';
import { answeredText, answersTo } from '../answers.js';
import { printNote, writeResult } from '../report/output.js';

/** Answers each line of stdin with a line on stdout. @param isStrict whether an answer that is an error makes the exit status 1. */
export async function runLines(
  model: Model,
  options: { readonly kind: AnswerKind; readonly top: number; readonly isStrict: boolean },
): Promise<void> {
  let answers = 0;
  let errors = 0;
  try {
    for await (const answer of answersTo(splitLines(process.stdin, MAX_LINE_BYTES), model, options)) {
      answers++;
      if ('error' in answer) errors++;
      // A reader that has seen enough needs no more answers.
      if (!(await writeResult(JSON.stringify(answer)))) break;
    }
  } finally {
    // Nothing more is read, so a line that is waited for must not keep the process.
    process.stdin.destroy();
  }
  printNote(answeredText(answers, errors));
  if (errors > 0 && options.isStrict) process.exitCode = 1;
}
