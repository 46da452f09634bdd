import { parseJsonText, SignwaveError } from '@signwave/format';
import * as v from 'valibot';
import type { RunProgress } from './run-progress.js';

/** What a worker answers of a run that it has trained to its end. */
export interface RunAnswer extends RunProgress {
  /** The run's name. */
  readonly id: string;
  /** Its folder, as the worker calls it. */
  readonly output: string;
}

/** What it answers of one that has failed. */
export interface FailedRun {
  readonly error: { readonly code: string; readonly message: string };
}

const number = v.number();
const share = v.nullable(v.number());
const ANSWER = v.strictObject({
  id: v.string(),
  output: v.string(),
  state: v.literal('finished'),
  epochs: number,
  epochsOf: number,
  bestTestAccuracy: share,
  bestEpoch: share,
  lastTestAccuracy: share,
  backend: v.nullable(v.string()),
});
const FAILURE = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

/** Reads the answer to a run. @param name of the run, for messages. @throws {SignwaveError} `E_DATA` for what no worker has written. */
export function readRunAnswer(text: string, name: string): RunAnswer | FailedRun {
  try {
    return v.parse(v.union([ANSWER, FAILURE]), parseJsonText(text));
  } catch (cause) {
    throw new SignwaveError(
      'E_DATA',
      `the answer to run ${name} is none that a worker gives: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
