import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileExists, makeFolder, systemReason, writeFileAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { verifySameConfig } from '../checkpoint/compare-configs.js';
import { LATEST, METRICS, REPORT } from '../checkpoint/output-folder.js';
import type { TrainingState } from '../checkpoint/run-state.js';
import { readTrainingState } from '../checkpoint/training-state.js';
import { readConfig, type TrainConfig } from '../config/parse-config.js';
import { MetricsFile } from '../run/metrics.js';
import { epochsBefore, stageKeys, totalEpochs } from '../run/stages.js';
import type { NamedRun } from './named-run.js';

/** The file in a run's folder that says what is trained there. */
export const RUN_CONFIG = 'config.json';

/** How far a run of a sweep has come. */
export interface RunProgress {
  readonly state: 'missing' | 'unfinished' | 'finished';
  /** Epochs done, and those of all stages. */
  readonly epochs: number;
  readonly epochsOf: number;
  /** Best accuracy on the test images in the stage that was trained last; null before the first test. `bestEpoch` is its epoch, from 0. */
  readonly bestTestAccuracy: number | null;
  readonly bestEpoch: number | null;
  /** Accuracy after the last epoch that was done. */
  readonly lastTestAccuracy: number | null;
  /** That made the last step. */
  readonly backend: string | null;
}

/** Of a run of which nothing is known but its config. */
export function notBegun(config: TrainConfig): RunProgress {
  const nothing = { bestTestAccuracy: null, bestEpoch: null, lastTestAccuracy: null, backend: null };
  return { state: 'missing', epochs: 0, epochsOf: totalEpochs(config), ...nothing };
}

/**
 * Looks at a run's folder; nothing is changed.
 *
 * @throws {SignwaveError} `E_RESUME` if another config is trained there, or if its files are no run's; `E_IO`.
 */
export async function progressOf(config: TrainConfig): Promise<RunProgress> {
  const { output } = config;
  const [configPath, latest] = [join(output, RUN_CONFIG), join(output, LATEST)];
  if (await fileExists(configPath)) verifySameConfig(configPath, await readConfig(configPath), config);
  if (!(await fileExists(latest))) return notBegun(config);
  const state = await readTrainingState(latest);
  verifySameConfig(latest, state.config, config);
  const lines = await new MetricsFile(join(output, METRICS)).read();
  const last = lines.findLast((line) => line.kind === 'epoch' && line.step <= state.step);
  const isTested = state.bestEpoch >= 0;
  return {
    state: (await isFinished(config, state)) ? 'finished' : 'unfinished',
    epochs: epochsBefore(config, state.stage) + state.epoch - config.stages[state.stage]!.firstEpoch,
    epochsOf: totalEpochs(config),
    bestTestAccuracy: isTested ? state.bestAccuracy : null,
    bestEpoch: isTested ? state.bestEpoch : null,
    lastTestAccuracy: last?.kind === 'epoch' ? last.testAccuracy : null,
    backend: state.backend,
  };
}

/** The last epoch is done, and the report, which is written after it, isn't of an earlier one. */
async function isFinished(config: TrainConfig, { stage, epoch }: TrainingState): Promise<boolean> {
  if (stage !== stageKeys(config).at(-1) || epoch < config.stages[stage]!.epochs) return false;
  const [latest, report] = await Promise.all(
    [LATEST, REPORT].map((name) => stat(join(config.output, name)).catch(() => undefined)),
  );
  return latest !== undefined && report !== undefined && report.mtimeMs >= latest.mtimeMs;
}

/** Leaves a run's config in its folder, by which `signwave train` goes on with it alone. @throws {SignwaveError} `E_IO` */
export async function writeRunConfig({ written, config: { output } }: NamedRun): Promise<void> {
  await makeFolder(output).catch((cause) => {
    throw new SignwaveError('E_IO', `${output} can't be made: ${systemReason(cause)}`, { cause });
  });
  const text = `${JSON.stringify(written, null, 2)}\n`;
  await writeFileAtomic(join(output, RUN_CONFIG), new TextEncoder().encode(text));
}
