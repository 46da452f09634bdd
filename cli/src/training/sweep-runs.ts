import { dirname, resolve } from 'node:path';
import type { NamedRun, RunProgress, Sweep } from '@signwave/trainer';
import { expandHome } from '../expand-home.js';
import { printNote } from '../report/output.js';
import { withFolders } from './folders.js';
import type { Trainer } from './with-trainer.js';

/** Reads a sweep and checks the configs of all its runs. @throws {SignwaveError} as `readSweep`. */
export async function openSweep(
  path: string,
  { output, data }: { readonly output?: string | undefined; readonly data?: string | undefined } = {},
): Promise<Sweep> {
  // Loaded here, so that no other command pays for the trainer.
  const { readSweep } = await import('@signwave/trainer');
  const baseOf = (base: string): string => resolve(dirname(path), expandHome(base));
  const sweep = await readSweep(path, { baseOf, folder: output, data });
  return { ...sweep, runs: sweep.runs.map((run) => ({ ...run, config: withFolders(run.config, {}) })) };
}

/**
 * Trains a run to its end, from where it was left.
 *
 * @returns how far it is then; it isn't finished if the process is to end.
 * @throws {SignwaveError} as `train`.
 */
export async function trainRun(
  run: NamedRun,
  { train }: Trainer,
  how: { readonly strict?: boolean | undefined; readonly onEpoch?: () => void } = {},
): Promise<RunProgress> {
  const { progressOf, removeStaleLock, writeRunConfig } = await import('@signwave/trainer');
  // Another process may have trained it meanwhile.
  const before = await progressOf(run.config);
  if (before.state === 'finished') {
    await removeStaleLock(run.config.output);
    printNote('it is finished');
    return before;
  }
  await writeRunConfig(run);
  await train(run.config, { ...how, resume: 'if-begun' });
  return progressOf(run.config);
}
