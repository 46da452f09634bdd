import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';

/**
 * An epoch of a run, as the results keep it.
 *
 * @typedef {{ stage: import('../src/types.ts').Stage, epoch: number, testAccuracy: number, trainAccuracy: number }} TableEpoch
 */

/** What the shell reports for a program that Ctrl-C ended, and the training that it stopped. */
const INTERRUPTED = 130;

/**
 * Trains by the command line, unless that is done; a run that was interrupted goes on. A folder with a run of another config is replaced.
 *
 * @param {string} folder of the run; its config is beside it
 * @param {object} config
 * @param {string | undefined} backend
 * @returns {Promise<{ machine: string, epochs: TableEpoch[] } | undefined>} nothing if training failed.
 */
export async function trainOnce(folder, config, backend) {
  const path = `${folder}.json`;
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const isSame = existsSync(path) && readFileSync(path, 'utf8') === text;
  if (!isSame) rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  if (!existsSync(`${folder}/report.html`)) {
    const isStarted = existsSync(`${folder}/latest.safetensors`);
    const args = ['train', path, ...(isStarted ? ['--resume'] : [])];
    if (backend !== undefined) args.push('--backend', backend);
    const { status, signal } = await runCommand(args);
    if (signal || status === INTERRUPTED) process.exit(INTERRUPTED);
    if (status !== 0) return undefined;
  }
  return { machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`, epochs: epochsOf(`${folder}/metrics.jsonl`) };
}

/** @param {string} path @returns {TableEpoch[]} */
function epochsOf(path) {
  /** @type {import('../src/run/metrics.ts').Metrics[]} */
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.flatMap((it) => {
    if (it.kind !== 'epoch') return [];
    const { stage, epoch, testAccuracy, trainAccuracy } = it;
    return [{ stage, epoch, testAccuracy, trainAccuracy }];
  });
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
