import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** @typedef {import('../src/run/metrics.ts').EpochMetrics} EpochMetrics */
/**
 * What of a config says how long the run is.
 *
 * @typedef {{ readonly stages: Readonly<Record<string, { readonly epochs: number }>> }} Length
 */

/** What the shell reports for a program that Ctrl-C ended, and the training that it stopped. */
const INTERRUPTED = 130;

/**
 * Trains by the command line, unless that is done; a run that was interrupted goes on. A folder with a run of another config is emptied.
 *
 * @param {string} folder of the run; its config is beside it
 * @param {Length} config
 * @param {string | undefined} backend
 * @returns {Promise<EpochMetrics[] | undefined>} all epochs; nothing if training failed.
 */
export async function trainOnce(folder, config, backend) {
  const path = `${folder}.json`;
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const isSame = existsSync(path) && readFileSync(path, 'utf8') === text;
  if (!isSame) rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  if (!isFinished(folder, config)) {
    const isStarted = existsSync(`${folder}/latest.safetensors`);
    const args = ['train', path, ...(isStarted ? ['--resume'] : [])];
    if (backend !== undefined) args.push('--backend', backend);
    const { status, signal } = await runCommand(args);
    if (signal || status === INTERRUPTED) process.exit(INTERRUPTED);
    if (status !== 0) return undefined;
  }
  return epochsOf(folder);
}

/**
 * What results keep of an epoch.
 *
 * @param {EpochMetrics} metrics
 */
export function accuraciesOf({ stage, epoch, testAccuracy, trainAccuracy }) {
  return { stage, epoch, testAccuracy, trainAccuracy };
}

/**
 * Whether the last epoch of the last stage is recorded. The report doesn't tell: a run that was stopped has one, too.
 *
 * @param {string} folder
 * @param {Length} config
 */
function isFinished(folder, { stages }) {
  const last = epochsOf(folder).at(-1);
  const [key, { epochs }] = Object.entries(stages).at(-1) ?? ['', { epochs: 0 }];
  return last?.stage === key && last.epoch === epochs - 1;
}

/** @param {string} folder @returns {EpochMetrics[]} */
function epochsOf(folder) {
  const path = `${folder}/metrics.jsonl`;
  if (!existsSync(path)) return [];
  /** @type {import('../src/run/metrics.ts').Metrics[]} */
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return lines.flatMap((it) => (it.kind === 'epoch' ? [it] : []));
}

/**
 * Runs the command line and waits for its end, whatever stops it: two processes must not train in one folder.
 *
 * @param {readonly string[]} args
 */
async function runCommand(args) {
  const child = spawn(process.execPath, ['cli/dist/signwave.mjs', ...args], { stdio: 'inherit' });
  // Ctrl-C reaches the child from the terminal, too; a second one would stop it before it has saved.
  const wait = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', forward);
  const [status, signal] = await once(child, 'exit');
  process.off('SIGINT', wait).off('SIGTERM', forward);
  return { status, signal };
}
