import { execFileSync } from 'node:child_process';

/**
 * Runs the built command line in the repository's root.
 *
 * @param {string[]} args
 * @returns {string} its standard output
 */
export function signwave(args) {
  return execFileSync(process.execPath, ['cli/dist/signwave.mjs', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
