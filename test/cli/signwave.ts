import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The built command line; `npm test` runs `npm run build` first. */
export const PROGRAM = join(ROOT, 'cli/dist/signwave.mjs');

export const EXAMPLE_CHECKPOINT = join(ROOT, 'examples/biper-resnet20-cifar10.pth');
export const EXAMPLE_LABELS = join(ROOT, 'examples/labels.txt');
export const EXAMPLE_IMAGES = join(ROOT, 'examples/images');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a user does, in a process of its own, in the repository's root. */
export function signwave(...args: readonly string[]): Promise<Outcome> {
  return signwaveIn(ROOT, ...args);
}

/** Does the same as {@link signwave} in another folder. */
export function signwaveIn(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** Makes a folder for the tests of one file, which is removed after them. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signwave-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
