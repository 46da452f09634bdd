import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LongError, SignwaveError } from '@signwave/format';
import { cacheFolder, type Machine } from './machine.js';
import { type Device, TENSORFLOW_VERSION, wheelFor } from './wheel.js';

/** Written last: in an environment without it, the installation was interrupted. */
const MARKER = 'signwave-installed';
/** Lines of pip's output that are shown when it fails. */
const SHOWN_LINES = 6;

/** Folder of all environments. It is outside of node_modules, which npm ci empties. */
export function environmentsFolder(machine: Machine): string {
  return join(cacheFolder(machine), 'tensorflow');
}

/**
 * Makes a Python environment with TensorFlow's wheel in it, unless there is one already.
 *
 * @returns the folder of the wheel's package, which has `libtensorflow_cc.so.2` and `include`.
 * @throws {SignwaveError} `E_BACKEND` if the disk is too small or pip fails.
 */
export async function installWheel(
  machine: Machine,
  python: string,
  device: Device,
  log: (line: string) => void,
): Promise<string> {
  const folder = join(environmentsFolder(machine), `${TENSORFLOW_VERSION}-${device}`);
  const { requirement, diskBytes, size } = wheelFor(device, machine.architecture);
  const marker = join(folder, MARKER);
  if (existsSync(marker) && (await readFile(marker, 'utf8')) === requirement.join(' ')) {
    log(`${requirement.at(-1)} is installed in ${folder}`);
    return packageFolder(folder);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < diskBytes) {
    throw new SignwaveError(
      'E_BACKEND',
      `${folder} has ${((bavail * bsize) / 1e9).toFixed(1)} GB of free space, but ${requirement.at(-1)} needs ${diskBytes / 1e9} GB. Set XDG_CACHE_HOME to a folder on a larger disk.`,
    );
  }
  log(`making a Python environment in ${folder}`);
  await runOrThrow(machine, python, ['-m', 'venv', folder], log, 'Python could not make an environment');
  log(`installing ${requirement.at(-1)}: ${size}`);
  await runOrThrow(
    machine,
    join(folder, 'bin', 'python'),
    ['-m', 'pip', 'install', '--progress-bar', 'off', '--no-compile', ...requirement],
    log,
    `pip could not install ${requirement.at(-1)}; it needs a network or, with PIP_FIND_LINKS, a folder of wheels`,
  );
  const library = packageFolder(folder);
  await writeFile(marker, requirement.join(' '));
  return library;
}

/** Finds lib/python3.11/site-packages/tensorflow, or that of another version. */
function packageFolder(folder: string): string {
  const python = readdirSync(join(folder, 'lib')).find((name) => name.startsWith('python3'));
  const path = join(folder, 'lib', String(python), 'site-packages', 'tensorflow');
  if (!existsSync(join(path, 'libtensorflow_cc.so.2'))) {
    throw new SignwaveError(
      'E_BACKEND',
      `${path} has no libtensorflow_cc.so.2: not a wheel of TensorFlow ${TENSORFLOW_VERSION} for Linux. Run: signwave setup tensorflow --remove, then again without --remove`,
    );
  }
  return path;
}

async function runOrThrow(
  { run }: Machine,
  program: string,
  args: readonly string[],
  log: (line: string) => void,
  failure: string,
): Promise<void> {
  const { status, lines } = await run(program, args, (line) => log(`  ${line}`));
  if (status !== 0) throw new LongError('E_BACKEND', [`${failure}:`, ...lines.slice(-SHOWN_LINES)]);
}
