import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, type Machine } from '@signwave/trainer/internals';
import type { MissingPeer } from './peer.js';

const REQUIREMENTS = 'bench/larq/requirements.txt';
/** The Python versions that its wheels are for; they exist for Linux on x86-64 alone. */
const PYTHON_VERSIONS = ['3.11', '3.10'];
/** How many of a program's last lines say why it failed. */
export const SHOWN_LINES = 5;

/**
 * A Python with larq compute engine and TensorFlow Lite, in an environment in the user's cache folder, which the first run makes.
 *
 * @returns the path of its program, or why there is none.
 */
export async function larqPython(
  log: (line: string) => void,
  machine: Machine,
): Promise<string | Pick<MissingPeer, 'reason' | 'details'>> {
  const { platform, architecture } = machine;
  if (platform !== 'linux' || architecture !== 'x64')
    return { reason: `its wheels are for Linux on x64, this is ${platform} on ${architecture}` };
  const python = await findPython(machine);
  if (python === undefined)
    return { reason: `its wheels are for Python ${PYTHON_VERSIONS.join(' and ')}; neither is on the PATH` };
  const environment = await makeEnvironment(machine, python, log);
  if ('failure' in environment)
    return { reason: 'its Python environment could not be made', details: environment.failure };
  return environment.python;
}

/** The version of one of the environment's packages. */
export function pinnedVersion(name: string): string {
  return new RegExp(`^${name}==(.*)$`, 'm').exec(readFileSync(REQUIREMENTS, 'utf8'))![1]!;
}

async function findPython({ run }: Machine): Promise<string | undefined> {
  const program = 'import sys, venv; print("%d.%d" % sys.version_info[:2])';
  for (const name of [...PYTHON_VERSIONS.map((version) => `python${version}`), 'python3']) {
    const { status, lines } = await run(name, ['-c', program]);
    if (status === 0 && PYTHON_VERSIONS.includes(lines[0]!)) return name;
  }
  return undefined;
}

async function makeEnvironment(
  machine: Machine,
  python: string,
  log: (line: string) => void,
): Promise<{ python: string } | { failure: string }> {
  const requirements = readFileSync(REQUIREMENTS);
  const hash = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(machine), 'larq', hash);
  // Written last: if it is missing, making the environment was interrupted.
  const marker = join(folder, 'signwave-installed');
  const inside = join(folder, 'bin', 'python');
  if (existsSync(marker)) return { python: inside };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  log(`making a Python environment for larq compute engine in ${folder}: about 300 MB to fetch, 1.3 GB on disk`);
  const steps: [string, string[]][] = [
    [python, ['-m', 'venv', folder]],
    [
      inside,
      ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--only-binary', ':all:', '-r', REQUIREMENTS],
    ],
  ];
  for (const [program, args] of steps) {
    const { status, lines } = await machine.run(program, args);
    if (status !== 0) return { failure: lines.slice(-SHOWN_LINES).join('\n') };
  }
  await writeFile(marker, '');
  return { python: inside };
}
