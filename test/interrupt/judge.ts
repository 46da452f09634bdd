import { constants } from 'node:os';
import { type Command, SIGNALS, type Way } from './command.js';
import { areEqual, type Files, filesOf, litterIn } from './files.js';
import type { Ended } from './program.js';

/** What a command left when it was interrupted. */
export interface Left {
  readonly ended: Ended;
  /** In its folder before and after. */
  readonly start: Files;
  readonly found: Files;
  /** What an undisturbed run leaves. */
  readonly expected: Files;
  /** In its home folder and that for temporary files. */
  readonly elsewhere: readonly string[];
}

/** Which outputs are there. */
export type Outcome = 'before' | 'after' | 'between';

export function outcomeOf(command: Command, { start, found, expected }: Left): Outcome {
  if (command.outputs.every((name) => isFinal(command, name, found, expected))) return 'after';
  return command.outputs.every((name) => areEqual(filesOf(found, name), filesOf(start, name))) ? 'before' : 'between';
}

/** @returns what is wrong with how a command was interrupted, in words. */
export function judgeInterrupted(command: Command, way: Way, left: Left): string | undefined {
  const { ended, start, found, expected } = left;
  const wrongEnd = judgeStatus(way, ended) ?? command.judgeEnd?.(ended, way, found);
  if (wrongEnd !== undefined) return wrongEnd;
  if (ended.code === 0 && outcomeOf(command, left) !== 'after') return 'it succeeded without its outputs';
  for (const name of command.outputs) {
    if (command.stdout === name || isFinal(command, name, found, expected)) continue;
    const output = filesOf(found, name);
    if (areEqual(output, filesOf(start, name))) continue;
    if (output.size === 0) return `${name} was there and is gone`;
    const [only] = output.values();
    if (!only || !command.isStage?.(name, only)) return `${name} is neither what it was nor whole`;
  }
  // A process that lives has time to clear away; one that a signal ends may be just then making a file.
  const isCleared = way === 'disk' || ended.code === 0;
  const litter = litterOf(command, left);
  return isCleared && litter.length > 0 ? `it has left ${litter.join(', ')}` : undefined;
}

function judgeStatus(way: Way, { code, signal, stderr }: Ended): string | undefined {
  if (/unexpected error|^ {4}at /m.test(stderr)) return `a foreign error: ${lastLine(stderr)}`;
  if (code === 0) return undefined;
  if (way === 'disk') {
    const isTold = code === 1 && /^E_[A-Z_]+ .*no space left on device/.test(lastLine(stderr));
    return isTold ? undefined : `a full disk ends in status ${code ?? signal}: ${lastLine(stderr)}`;
  }
  const name = SIGNALS[way];
  if (signal === name || (way !== 'kill' && code === 128 + constants.signals[name])) return undefined;
  // A training that was asked to end.
  if (way !== 'kill' && code === 130) return undefined;
  return `${name} ends in status ${code ?? signal}: ${lastLine(stderr)}`;
}

/** @returns what is wrong with the run after it. */
export function judgeNext(command: Command, interrupted: Ended, next: Left): string | undefined {
  const { ended, found, expected } = next;
  if (ended.code !== 0) return `the next run ends in status ${ended.code ?? ended.signal}: ${lastLine(ended.stderr)}`;
  const other = command.outputs.find((name) => !isFinal(command, name, found, expected));
  if (other !== undefined) return `after the next run, ${other} is other than that of an undisturbed one`;
  const litter = litterOf(command, next);
  if (litter.length > 0) return `after the next run there is ${litter.join(', ')}`;
  return command.judgeNext?.(interrupted, ended);
}

export function litterOf({ outputs }: Command, { found, elsewhere }: Left): string[] {
  return [...litterIn(found, outputs), ...elsewhere];
}

function isFinal({ comparable }: Command, name: string, found: Files, expected: Files): boolean {
  return areEqual(filesOf(found, name), filesOf(expected, name), comparable);
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!;
