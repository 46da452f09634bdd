import { type ErrorCode, SignwaveError } from '@signwave/format';
import { errorAnswer } from '@signwave/lab';
import { type GivenBack, type Outcome, type Queue, RUN_TASKS, type RunTask, type Worked } from '@signwave/lab/node';
import type { NamedRun, RunAnswer } from '@signwave/trainer';
import { printError, printNote } from '../report/output.js';
import { verifyOutputs, withFolders } from './folders.js';
import { trainRun } from './sweep-runs.js';
import type { Trainer } from './with-trainer.js';

/** Errors of the machine, not of a run: another one may have the disk, the data and the device. */
const ENDS_WORKER: ReadonlySet<ErrorCode> = new Set(['E_IO', 'E_BACKEND', 'E_DATA', 'E_IMAGE']);

export interface RunOptions {
  readonly strict?: boolean | undefined;
  /** Folder of all runs, in place of those that they name. */
  readonly output?: string | undefined;
  readonly data?: string | undefined;
  readonly maxTries: number;
}

/** Trains the runs of a queue, one after the other, until the trainer is to end. @returns how many were answered. */
export async function workOnRuns(queue: Queue, trainer: Trainer, options: RunOptions): Promise<Worked> {
  let training: Promise<unknown> = Promise.resolve();
  async function* outcomes(tasks: AsyncIterable<RunTask>, onEpoch: () => void): AsyncGenerator<Outcome> {
    for await (const task of tasks) {
      const outcome = outcomeOf(task, trainer, options, onEpoch);
      training = outcome.catch(() => {});
      yield* await outcome;
    }
  }
  try {
    return await queue.work({
      kind: RUN_TASKS,
      facts: {},
      answersTo: outcomes,
      inHand: 1,
      maxTries: options.maxTries,
      signal: trainer.signal,
      // A training may be at one step, or at one test, for as long as it likes.
      stallMs: Number.POSITIVE_INFINITY,
    });
  } catch (error) {
    // Without its queue it ends, too, but not before it is saved.
    trainer.stop();
    await training;
    throw error;
  }
}

/** @returns what becomes of a run; after an error of the machine it is given back, and the error comes next. */
async function outcomeOf(
  { id, text }: RunTask,
  trainer: Trainer,
  options: RunOptions,
  onEpoch: () => void,
): Promise<Iterable<Outcome>> {
  const { LockedFolderError, readRunText, RUN_CONFIG, RUN_FILES } = await import('@signwave/trainer');
  let name = id;
  try {
    const run = readRunText(text, `message ${id}`, { folder: options.output, data: options.data });
    name = run.name;
    printNote(`run ${run.name}`);
    const answer = await answerTo(run, trainer, { ...options, onEpoch }, [...RUN_FILES, RUN_CONFIG]);
    if (!answer) printNote(`${name} is given back; another worker goes on with it`);
    return [answer ?? { giveBack: 'now' }];
  } catch (error) {
    if (!(error instanceof SignwaveError)) throw error;
    printError(error, String(name));
    if (error instanceof LockedFolderError) return [{ giveBack: 'later' }];
    if (ENDS_WORKER.has(error.code)) return givenBackBefore(error);
    return [{ poison: errorAnswer(name, error), reason: error.message }];
  }
}

function* givenBackBefore(error: SignwaveError): Generator<GivenBack> {
  yield { giveBack: 'later' };
  throw error;
}

/** @returns undefined if the training was stopped and saved. */
async function answerTo(
  { name, written, config: asWritten }: NamedRun,
  trainer: Trainer,
  how: { readonly strict?: boolean | undefined; readonly onEpoch: () => void },
  names: readonly string[],
): Promise<RunAnswer | undefined> {
  const config = withFolders(asWritten, {});
  await verifyOutputs([config], {}, names);
  const progress = await trainRun({ name, written, config }, trainer, { strict: how.strict, onEpoch: how.onEpoch });
  return progress.state === 'finished' ? { id: name, output: config.output, ...progress } : undefined;
}
