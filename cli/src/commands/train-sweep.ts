import { dirname, resolve } from 'node:path';
import { type ErrorCode, SignwaveError } from '@signwave/format';
import { everyNth, parseShard } from '@signwave/lab';
import type { BackendName, RunProgress, Sweep, SweepRun } from '@signwave/trainer';
import { expandHome } from '../expand-home.js';
import { refuseOverwriting } from '../output-guard.js';
import { count, percent, printError, printJson, printNote, printResult, writeResult } from '../report/output.js';
import { table } from '../report/table.js';
import { verifyOutputs, withFolders } from '../training/folders.js';
import { EXIT_INTERRUPTED } from '../training/interrupt.js';
import { type Trainer, withTrainer } from '../training/with-trainer.js';

const EXIT_UNFINISHED = 1;
/** Errors of the machine, not of a run: the next one would train for an epoch to find its disk as full. */
const ENDS_ALL: ReadonlySet<ErrorCode> = new Set(['E_IO', 'E_BACKEND']);
/** Names in a message. */
const MAX_NAMED = 10;

export interface SweepOptions {
  readonly shard?: string;
  readonly only?: string;
  readonly list?: 'names' | 'jsonl';
  readonly summary?: boolean;
  readonly strict?: boolean;
  readonly backend?: BackendName;
  readonly data?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** Trains the runs of a sweep, or a share of them, each in a folder of its own; or only says what they are, or how far. */
export async function trainSweep(path: string, options: SweepOptions): Promise<void> {
  // Loaded here, so that no other command pays for the trainer.
  const { readSweep } = await import('@signwave/trainer');
  const sweep = await readSweep(path, {
    baseOf: (base) => resolve(dirname(path), expandHome(base)),
    folder: options.output,
    data: options.data,
  });
  const runs = chosenRuns(sweep, options).map((run) => ({ ...run, config: withFolders(run.config, {}) }));
  if (options.list !== undefined) await list(runs, options.list);
  else if (options.summary) summarise(sweep, await progressOfAll(runs), options);
  else await trainRuns(sweep, runs, options);
}

/** @throws {SignwaveError} `E_USAGE` for a share or a name that there isn't. */
function chosenRuns({ path, runs }: Sweep, { shard, only }: SweepOptions): readonly SweepRun[] {
  if (shard !== undefined) return everyNth(parseShard(shard, process.env), runs);
  if (only === undefined) return runs;
  const run = runs.find(({ name }) => name === only);
  if (run) return [run];
  throw new SignwaveError('E_USAGE', `${path} has no run "${only}"; it has ${named(runs.map(({ name }) => name))}`);
}

async function list(runs: readonly SweepRun[], form: 'names' | 'jsonl'): Promise<void> {
  for (const { name, written } of runs) {
    if (!(await writeResult(form === 'names' ? name : JSON.stringify({ run: name, config: written })))) return;
  }
}

async function trainRuns(sweep: Sweep, runs: readonly SweepRun[], options: SweepOptions): Promise<void> {
  const { RUN_CONFIG, RUN_FILES } = await import('@signwave/trainer');
  const configs = runs.map(({ config }) => config);
  const data = { 'the data': [...new Set(configs.map((config) => config.data.folder))] };
  await refuseOverwriting({ folders: { 'the output folder': expandHome(sweep.folder) }, data });
  const files = { 'the sweep': sweep.path, 'the base': sweep.basePath };
  await verifyOutputs(configs, files, [...RUN_FILES, RUN_CONFIG]);
  // Before the first run, so that one whose folder has another config in it isn't found after days.
  const before = await progressOfAll(runs);
  const failed: string[] = [];
  let isStopped = false;
  if (before.some(({ progress }) => progress.state !== 'finished')) {
    await withTrainer(options.backend, async (trainer) => {
      for (const [i, run] of runs.entries()) {
        if (trainer.signal.aborted) break;
        printNote(`run ${i + 1} of ${runs.length}: ${run.name}`);
        if (!(await succeeds(run, trainer, options))) failed.push(run.name);
      }
      isStopped = trainer.signal.aborted;
    });
  }
  summarise(sweep, await progressOfAll(runs), options, isStopped ? EXIT_INTERRUPTED : EXIT_UNFINISHED);
  if (isStopped) printNote('stopped and saved; the same command goes on');
  if (failed.length > 0) {
    printNote(
      `${count(failed.length)} of ${count(runs.length)} failed: ${named(failed)}; the same command goes on with them`,
    );
  }
}

/** Trains a run to its end. One that fails doesn't keep the others from it: too high a learning rate is what a sweep looks for. */
async function succeeds(run: SweepRun, { train }: Trainer, { strict = false }: SweepOptions): Promise<boolean> {
  const { progressOf, writeRunConfig } = await import('@signwave/trainer');
  try {
    // Another process may have trained it meanwhile.
    const { state } = await progressOf(run.config);
    if (state === 'finished') printNote('it is finished');
    else {
      await writeRunConfig(run);
      await train(run.config, { resume: state === 'unfinished', strict });
    }
    return true;
  } catch (error) {
    if (!(error instanceof SignwaveError)) throw error;
    if (ENDS_ALL.has(error.code)) {
      printNote(`${run.name} failed by what other runs need, too; when that is mended, the same command goes on`);
      throw error;
    }
    printError(error, run.name);
    return false;
  }
}

interface RunState {
  readonly run: SweepRun;
  readonly progress: RunProgress;
}

async function progressOfAll(runs: readonly SweepRun[]): Promise<readonly RunState[]> {
  const { progressOf } = await import('@signwave/trainer');
  const states: RunState[] = [];
  for (const run of runs) states.push({ run, progress: await progressOf(run.config) });
  return states;
}

/** Prints a line for each run. @param status of the process unless all of them are finished. */
function summarise(
  { path, folder }: Sweep,
  states: readonly RunState[],
  { json }: SweepOptions,
  status = EXIT_UNFINISHED,
): void {
  const left = states.filter(({ progress }) => progress.state !== 'finished').map(({ run }) => run.name);
  if (left.length > 0) process.exitCode ??= status;
  if (json) {
    const runs = states.map(({ run, progress }) => {
      const { patch = null, grid } = run.settings;
      return { run: run.name, patch, grid, output: run.config.output, ...progress };
    });
    printJson({ sweep: path, output: folder, finished: states.length - left.length, unfinished: left, runs });
    return;
  }
  const accuracy = (share: number | null): string => (share === null ? '' : percent(share, 1));
  const rows = states.map(({ run, progress: { state, epochs, epochsOf, bestTestAccuracy, lastTestAccuracy } }) => [
    run.name,
    state,
    `${epochs}/${epochsOf}`,
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

function named(names: readonly string[]): string {
  const first = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${first}, and ${count(names.length - MAX_NAMED)} more` : first;
}
