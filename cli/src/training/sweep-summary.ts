import type { FailedRun, RunProgress, Sweep, SweepRun } from '@signwave/trainer';
import { count, percent, printJson, printNote, printResult } from '../report/output.js';
import { table } from '../report/table.js';

const EXIT_UNFINISHED = 1;
/** Names in a message. */
const MAX_NAMED = 10;

/** How far a run is: as its folder says, or as a queue does, which doesn't know how many epochs of it are done. */
type Progress =
  | RunProgress
  | (Omit<RunProgress, 'state' | 'epochs'> &
      Partial<FailedRun> & { readonly state: 'missing' | 'queued' | 'failed'; readonly epochs: null });

export interface RunState {
  readonly run: SweepRun;
  /** Where it is. */
  readonly output: string;
  readonly progress: Progress;
}

/** Prints a line for each run. @param status of the process unless all of them are finished. */
export function summarise(
  { path, folder }: Sweep,
  states: readonly RunState[],
  { json = false }: { readonly json?: boolean | undefined },
  status = EXIT_UNFINISHED,
): void {
  const left = states.filter(({ progress }) => progress.state !== 'finished').map(({ run }) => run.name);
  if (left.length > 0) process.exitCode ??= status;
  if (json) {
    const runs = states.map(({ run, output, progress }) => {
      const { patch = null, grid } = run.settings;
      return { run: run.name, patch, grid, output, ...progress };
    });
    printJson({ sweep: path, output: folder, finished: states.length - left.length, unfinished: left, runs });
    return;
  }
  const accuracy = (share: number | null): string => (share === null ? '' : percent(share, 1));
  const rows = states.map(({ run, progress: { state, epochs, epochsOf, bestTestAccuracy, lastTestAccuracy } }) => [
    run.name,
    state,
    epochs === null ? '' : `${epochs}/${epochsOf}`,
    accuracy(bestTestAccuracy),
    accuracy(lastTestAccuracy),
  ]);
  const right = 'right';
  printResult(
    table(
      [
        { title: 'run' },
        { title: 'state' },
        { title: 'epochs', align: right },
        { title: 'best', align: right },
        { title: 'last', align: right },
      ],
      rows,
    ),
  );
  if (left.length > 0)
    printNote(`${count(left.length)} of ${count(states.length)} runs aren’t finished: ${named(left)}`);
}

/** The first of some names. */
export function named(names: readonly string[]): string {
  const first = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${first}, and ${count(names.length - MAX_NAMED)} more` : first;
}
