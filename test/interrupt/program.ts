import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A signal, and when the process gets it: after a time, or at one of its calls that change files (end-at-call.mjs). */
export interface Interruption {
  readonly signal: NodeJS.Signals;
  readonly moment:
    | { readonly ms: number }
    | { readonly at: number; readonly phase: 'before' | 'during' | 'after'; readonly delayUs: number };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly ms: number;
}

/** Where the program runs, which sees no other home folder and no other folder for temporary files than those. */
export interface Place {
  readonly cwd: string;
  readonly home: string;
  readonly temporary: string;
}

export interface Started {
  readonly args: readonly string[];
  /** The file in `cwd` that stdout goes to, as `> FILE` does. */
  readonly stdout?: string | undefined;
}

/** The programs that are started: the built command line, and the module that counts its calls. */
export interface Programs {
  readonly program: string;
  readonly preload: string;
}

const HANG_MS = 120_000;

/** Runs the command line in a process of its own. @throws if it goes on for two minutes. */
export async function runProgram(
  { program, preload }: Programs,
  { args, stdout }: Started,
  place: Place,
  interruption?: Interruption,
): Promise<Ended> {
  const moment = interruption?.moment;
  const atCall = moment && 'at' in moment;
  return start([...(atCall ? ['--import', pathToFileURL(preload).href] : []), program, ...args], place, {
    stdout,
    ...(atCall && { plan: JSON.stringify({ ...moment, signal: interruption?.signal }) }),
    ...(moment && 'ms' in moment && { after: { ms: moment.ms, signal: interruption!.signal } }),
  });
}

/** Runs the command line to its end, to make something that commands read. */
export function runAtOnce(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ends in status ${status}: ${stderr}`);
}

/** Runs it undisturbed. @returns also how many calls change files. */
export async function countCalls(
  { program, preload }: Programs,
  { args, stdout }: Started,
  place: Place,
): Promise<Ended & { readonly calls: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'signwave-calls-'));
  const counts = join(folder, 'calls');
  try {
    const plan = JSON.stringify({ counts });
    const ended = await start(['--import', pathToFileURL(preload).href, program, ...args], place, { stdout, plan });
    return { ...ended, calls: Number(readFileSync(counts, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface StartOptions {
  readonly stdout?: string | undefined;
  readonly plan?: string;
  readonly after?: { readonly ms: number; readonly signal: NodeJS.Signals };
}

function start(args: readonly string[], place: Place, { stdout, plan, after }: StartOptions): Promise<Ended> {
  const { cwd, home, temporary } = place;
  const output = stdout === undefined ? undefined : openSync(join(cwd, stdout), 'w');
  const environment = { ...process.env, HOME: home, TMPDIR: temporary, NO_COLOR: '1' };
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...environment, ...(plan !== undefined && { SIGNWAVE_INTERRUPT: plan }) },
    stdio: ['ignore', output ?? 'ignore', 'pipe'],
  });
  if (output !== undefined) closeSync(output);
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
  const timer = after && setTimeout(() => child.kill(after.signal), after.ms);
  return new Promise((resolve, reject) => {
    const watchdog = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${args.join(' ')} has not ended`));
    }, HANG_MS);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(watchdog);
      resolve({ code, signal, stderr, ms: performance.now() - startMs });
    });
  });
}
