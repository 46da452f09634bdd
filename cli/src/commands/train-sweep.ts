import { type ErrorCode, SignwaveError } from '@signwave/format';
import { everyNth, parseShard } from '@signwave/lab';
import type { BackendName, Sweep, SweepRun } from '@signwave/trainer';
import { expandHome } from '../expand-home.js';
import { refuseOverwriting } from '../output-guard.js';
import { count, printError, printNote, writeResult } from '../report/output.js';
import { verifyOutputs } from '../training/folders.js';
import { EXIT_INTERRUPTED } from '../training/interrupt.js';
import { openSweep, trainRun } from '../training/sweep-runs.js';
import { named, type RunState, summarise } from '../training/sweep-summary.js';
import { type Trainer, withTrainer } from '../training/with-trainer.js';

/** Errors of the machine, not of a run: the next one would train for an epoch to find its disk as full. */
const ENDS_ALL: ReadonlySet<ErrorCode> = new Set(['E_IO', 'E_BACKEND']);

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
  const sweep = await openSweep(path, options);
  const runs = chosenRuns(sweep, options);
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
  const { runText } = await import('@signwave/trainer');
  for (const run of runs) {
    if (!(await writeResult(form === 'names' ? run.name : runText(run)))) return;
  }
}

async function trainRuns(sweep: Sweep, runs: readonly SweepRun[], options: SweepOptions): Promise<void> {
  const { removeStaleLock, RUN_CONFIG, RUN_FILES } = await import('@signwave/trainer');
  const configs = runs.map(({ config }) => config);
  const data = { 'the data': [...new Set(configs.map((config) => config.data.folder))] };
  await refuseOverwriting({ folders: { 'the output folder': expandHome(sweep.folder) }, data });
  const files = { 'the sweep': sweep.path, 'the base': sweep.basePath };
  await verifyOutputs(configs, files, [...RUN_FILES, RUN_CONFIG]);
  // Before the first run, so that one whose folder has another config in it isn't found after days.
  const before = await progressOfAll(runs);
  for (const { output, progress } of before) if (progress.state === 'finished') await removeStaleLock(output);
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
  summarise(sweep, await progressOfAll(runs), options, isStopped ? EXIT_INTERRUPTED : undefined);
  if (isStopped) printNote('stopped and saved; the same command goes on');
  if (failed.length > 0) {
    printNote(
      `${count(failed.length)} of ${count(runs.length)} failed: ${named(failed)}; the same command goes on with them`,
    );
  }
}

/** Trains a run to its end. One that fails doesn't keep the others from it: too high a learning rate is what a sweep looks for. */
async function succeeds(run: SweepRun, trainer: Trainer, { strict }: SweepOptions): Promise<boolean> {
  try {
    await trainRun(run, trainer, { strict });
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

async function progressOfAll(runs: readonly SweepRun[]): Promise<readonly RunState[]> {
  const { progressOf } = await import('@signwave/trainer');
  const states: RunState[] = [];
  for (const run of runs) states.push({ run, output: run.config.output, progress: await progressOf(run.config) });
  return states;
}
