import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cacheFolder, type Machine, THIS_MACHINE } from '@signwave/trainer/internals';
import type { MissingPeer, Peer } from './peer.js';

/** Ways to run it, by the names that bench/larq/measure.py has for them. The first is the interpreter's default. */
const WAYS = {
  default: { id: 'larq', title: 'larq compute engine, native, BinaryResNetE18, as it comes' },
  indirect: { id: 'larq-indirect', title: 'larq compute engine, native, BinaryResNetE18, indirect bgemm and XNNPACK' },
} as const;
type Way = keyof typeof WAYS;
const REQUIREMENTS = 'bench/larq/requirements.txt';
const PROGRAM = 'bench/larq/measure.py';
/** The Python versions that its wheels are for; they exist for Linux on x86-64 alone. */
const PYTHON_VERSIONS = ['3.11', '3.10'];
/** The network beside which BinaryResNetE18 is shown: it has the same convolutions, with a real-valued stem and shortcuts. */
const COUNTERPART = 'resnet18-imagenet';
const SHOWN_LINES = 5;

/**
 * larq compute engine's own interpreter, in its two ways, on one thread of a Python process that stays alive and takes part in the rounds.
 * Python's packages come from an environment in the user's cache folder, which the first run makes.
 */
export async function larqPeers(
  log: (line: string) => void,
  machine: Machine = THIS_MACHINE,
): Promise<(Peer | MissingPeer)[]> {
  const ways = Object.keys(WAYS) as Way[];
  const missing = (reason: string, details = ''): MissingPeer[] =>
    ways.map((way, i) => ({ ...WAYS[way], reason, ...(i === 0 && { details }) }));
  const { platform, architecture } = machine;
  if (platform !== 'linux' || architecture !== 'x64')
    return missing(`its wheels are for Linux on x64, this is ${platform} on ${architecture}`);
  const python = await findPython(machine);
  if (python === undefined)
    return missing(`its wheels are for Python ${PYTHON_VERSIONS.join(' and ')}; neither is on the PATH`);
  const environment = await makeEnvironment(machine, python, log);
  if ('failure' in environment) return missing('its Python environment could not be made', environment.failure);
  const process = await MeasuringProcess.start(environment.python);
  if (typeof process === 'string') return missing(`${PROGRAM} failed`, process);
  return ways.map((way) => ({
    ...WAYS[way],
    version: pinnedVersion(),
    network: async ({ id }) => {
      if (id !== COUNTERPART) return 'it is timed on BinaryResNetE18 alone';
      return { work: { medianMs: (runs) => process.medianMs(way, runs) }, release: () => undefined };
    },
    dispose: async () => process.stop(),
  }));
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

function pinnedVersion(): string {
  return /^larq-compute-engine==(.*)$/m.exec(readFileSync(REQUIREMENTS, 'utf8'))![1]!;
}

/** A process of bench/larq/measure.py, which answers each line with a line. */
class MeasuringProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** @returns the process, or the reason why it can't be started. */
  static async start(python: string): Promise<MeasuringProcess | string> {
    const child = spawn(python, [PROGRAM]);
    let messages = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      messages = (messages + text).slice(-2000);
    });
    const process = new MeasuringProcess(child);
    const first = await process.#next();
    if (first === undefined) return messages.trim().split('\n').slice(-SHOWN_LINES).join('\n');
    const { error } = JSON.parse(first) as { error?: string };
    return error ?? process;
  }

  async medianMs(way: Way, runs: number): Promise<number> {
    this.#child.stdin.write(`${way} ${runs}\n`);
    const line = await this.#next();
    if (line === undefined) throw new Error(`${PROGRAM} ended while it was timed`);
    return JSON.parse(line);
  }

  stop(): void {
    this.#child.kill();
  }

  async #next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }
}
