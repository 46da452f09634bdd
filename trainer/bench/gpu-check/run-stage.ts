import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NotMeasured, notMeasured } from './report.js';
import type { StageTask } from './stage.js';

/** Lines of a failed process that are kept for the report. */
const KEPT_LINES = 12;

export interface Limits {
  /** After this time the process is killed. */
  readonly seconds: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node that run a stage: a program that calls `runStage`. Tests have one that fails. */
  readonly program?: readonly string[];
}

/** Where a stage leaves the message of what ended it, beside its result. */
export const errorFile = (result: string): string => `${result}.error`;

const THIS_PROGRAM = [fileURLToPath(import.meta.url)];

/** Runs a stage in a process. Whatever happens to it is the result, with what was known by then. */
export async function runInProcess<Found extends object>(
  task: StageTask,
  { seconds, env = {}, program = THIS_PROGRAM }: Limits,
): Promise<(Found & { measured: true; seconds: number; cut?: string }) | NotMeasured> {
  if (seconds < 1) return notMeasured('there was no time left for it');
  const result = join(task.work, 'stage-result.json');
  const taskFile = join(task.work, 'stage-task.json');
  for (const path of [result, errorFile(result)]) rmSync(path, { force: true });
  writeFileSync(taskFile, JSON.stringify(task));
  const startMs = performance.now();
  const end = await runNode([...program, '--stage', taskFile, result], seconds, env);
  const problem = existsSync(errorFile(result)) ? readFileSync(errorFile(result), 'utf8') : end;
  const took = (performance.now() - startMs) / 1000;
  if (!existsSync(result)) return notMeasured(problem ?? 'it ended without a result');
  const found = readWhole<Found>(result);
  if (!found) return notMeasured(problem ?? 'its result is cut');
  return { measured: true, seconds: took, ...(problem !== undefined && { cut: problem }), ...found };
}

/** @returns why the process failed; undefined if it didn't. */
function runNode(
  args: readonly string[],
  seconds: number,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const keep = (text: string): void => {
      for (const line of text.split('\n')) if (line.trim() !== '') lines.push(line.trimEnd());
      lines.splice(0, lines.length - KEPT_LINES);
      process.stderr.write(text);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, 1000 * seconds);
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (status, signal) => {
      if (isLate) end(`it was stopped after ${seconds.toFixed(0)} s`);
      else if (status !== 0) end([`its process ended with ${signal ?? status}`, ...lines].join('\n'));
      else end(undefined);
    });
  });
}

/** A process that is killed may leave a part of a file. */
function readWhole<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
