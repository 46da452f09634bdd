import { spawnSync } from 'node:child_process';

/**
 * Runs the built command line in the repository's root. If it fails, this process ends with it.
 *
 * @param {string[]} args
 * @returns {string} its standard output
 */
export function signwave(args) {
  const { status, stdout, error } = spawnSync(process.execPath, ['cli/dist/signwave.mjs', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) throw error;
  if (status === 0) return stdout;
  console.error(`${stdout}signwave ${args.join(' ')} ended with status ${status}`);
  process.exit(1);
}

/**
 * Times a model, whose outputs `signwave bench` checks first.
 *
 * @param {string} path
 * @returns {import('./zoo-files.mjs').Time}
 */
export function timeOf(path) {
  const { machine, runtime, timings } = JSON.parse(signwave(['bench', path, '--json']));
  return { medianMs: timings[0].medianMs, machine: `${machine.cpu}, ${machine.engine}, ${runtime.kernels}` };
}
