import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EXAMPLE_IMAGES, type Outcome, PROGRAM, ROOT } from '../cli/signwave.js';

export const MODEL = 'zoo:cifar10-resnet20';
/** Options of a run that answers lines. */
export const STREAM = ['--stdin', 'jsonl', '--give', 'logits'];
/** Paths. */
export const IMAGES = readdirSync(EXAMPLE_IMAGES).flatMap((name) =>
  readdirSync(join(EXAMPLE_IMAGES, name)).map((file) => join(EXAMPLE_IMAGES, name, file)),
);

interface RunOptions {
  readonly env?: Record<string, string>;
  readonly lines?: readonly string[];
  readonly program?: string;
}

/** Runs {@link MODEL}. */
export function run(
  args: readonly string[],
  { env, lines = [], program = PROGRAM }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, 'run', MODEL, ...args], { cwd: ROOT, ...(env && { env }) });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece) => {
      stdout += piece;
    });
    child.stderr.on('data', (piece) => {
      stderr += piece;
    });
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  });
}

export const urlLines = (urls: readonly string[]): string[] => urls.map((url) => JSON.stringify({ url }));

/** Messages of the errors among answers. */
export function errorsOf(stdout: string): ({ readonly code: string; readonly message: string } | undefined)[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).error);
}

/** What is given for the same images as files. */
export async function answersOf(images: readonly string[]): Promise<string> {
  const { stdout } = await run(STREAM, { lines: images.map((path) => JSON.stringify({ path })) });
  expect(stdout.match(/"logits"/g)).toHaveLength(images.length);
  return stdout;
}
