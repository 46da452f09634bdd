import type { Remark } from '@signwave/data';
import { collectRuns, type QueuePlace, type RunInQueue } from '@signwave/lab/node';
import type { SweepRun } from '@signwave/trainer';
import { count, printError, printNote } from '../report/output.js';
import { openSweep } from './sweep-runs.js';
import { type RunState, summarise } from './sweep-summary.js';

export interface CollectSweepOptions {
  readonly isWaiting: boolean;
  readonly onRemark: (remark: Remark) => void;
  readonly json?: boolean | undefined;
}

/** Prints the summary of a sweep from what workers have answered, and what is missing. @throws {SignwaveError} as `collectRuns`; `E_DATA`. */
export async function collectSweep(
  place: QueuePlace,
  path: string,
  { json, ...how }: CollectSweepOptions,
): Promise<void> {
  const sweep = await openSweep(path);
  const { runText } = await import('@signwave/trainer');
  const found = await collectRuns(place, sweep.runs.map(runText), how);
  const states: RunState[] = [];
  for (const [i, run] of sweep.runs.entries()) states.push(await stateOf(run, found[i]!));
  for (const { run, progress } of states) {
    if ('error' in progress && progress.error) printError(progress.error, run.name);
  }
  summarise(sweep, states, { json });
  const lost = states.filter(({ progress: { state } }) => state === 'missing' || state === 'failed').length;
  if (lost > 0) {
    printNote(
      `${count(lost)} of them failed or aren’t in stream ${place.stream}; signwave submit --sweep puts them into it again`,
    );
  }
}

async function stateOf(run: SweepRun, { answer, isQueued }: RunInQueue): Promise<RunState> {
  const { notBegun, readRunAnswer } = await import('@signwave/trainer');
  const { output } = run.config;
  const unknown = { ...notBegun(run.config), epochs: null };
  if (answer === undefined) return { run, output, progress: { ...unknown, state: isQueued ? 'queued' : 'missing' } };
  const read = readRunAnswer(answer, run.name);
  if ('error' in read) return { run, output, progress: { ...unknown, state: 'failed', error: read.error } };
  const { id: _, output: where, ...progress } = read;
  return { run, output: where, progress };
}
