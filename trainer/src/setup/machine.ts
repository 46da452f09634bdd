import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What setup needs to know about the machine it runs on. Tests describe machines that lack something. */
export interface Machine {
  readonly platform: string;
  /** Node's name for it: `x64`, `arm64`. */
  readonly architecture: string;
  /** Path of the running `node`. */
  readonly node: string;
  readonly nodeVersion: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  exists(path: string): boolean;
  /**
   * Run a program until it ends.
   *
   * @param onLine gets each line of its output as it comes.
   */
  run(program: string, args: readonly string[], onLine?: (line: string) => void): Promise<Finished>;
}

export interface Finished {
  /** Exit status; -1 if the program isn't there or was killed. */
  readonly status: number;
  /** Lines of stdout and stderr together, without empty ones. */
  readonly lines: readonly string[];
}

export const THIS_MACHINE: Machine = {
  platform: process.platform,
  architecture: process.arch,
  node: process.execPath,
  nodeVersion: process.versions.node,
  env: process.env,
  exists: existsSync,
  run: runProgram,
};

function runProgram(program: string, args: readonly string[], onLine?: (line: string) => void): Promise<Finished> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    let rest = '';
    const add = (text: string): void => {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      for (const part of parts) addLine(part);
    };
    const addLine = (line: string): void => {
      if (line.trim() === '') return;
      lines.push(line.trimEnd());
      onLine?.(line.trimEnd());
    };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.on('error', (error) => resolve({ status: -1, lines: [...lines, error.message] }));
    child.on('close', (status) => {
      addLine(rest);
      resolve({ status: status ?? -1, lines });
    });
  });
}

/** Folder for files that can be made again: `$XDG_CACHE_HOME/signwave`, or `.cache/signwave` in the home folder. */
export function cacheFolder({ env }: Machine): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'signwave');
}
