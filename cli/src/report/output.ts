import { fstatSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Remark } from '@signwave/data';
import { systemReason } from '@signwave/data/node';
import { LongError, visible } from '@signwave/format';

// All text that the program prints passes through this file, which shows characters that aren't seen: what stands in a file, its name
// included, can't move a terminal's cursor, colour a line, begin another one or turn its direction. (Bars of progress print nothing of files.)

/** A line, or several. Only what divides the lines of an array begins a new one. */
type Lines = string | readonly string[];

/** A word at the beginning of the first line, in colour on a terminal. */
export interface Mark {
  readonly text: string;
  readonly color: 'red' | 'green' | 'yellow';
}

type OutputFailure = (what: 'stdout' | 'stderr', error: NodeJS.ErrnoException) => void;
let onFailure: OutputFailure = (what, error) => {
  // A reader that has seen enough (`| head`) closes the pipe. That is no error: what else a command does, it does to its end.
  if (error.code === 'EPIPE') return;
  if (what === 'stdout') {
    printNote(`stdout can't be written: ${systemReason(error)}`, { text: 'E_IO', color: 'red' });
  }
  process.exit(1);
};
for (const what of ['stdout', 'stderr'] as const) {
  process[what].on('error', (error: NodeJS.ErrnoException) => onFailure(what, error));
}

/** What to do when a text can't be printed, in place of ending the program; for commands that have something to save first. */
export function handleOutputFailure(handler: OutputFailure): void {
  onFailure = handler;
}

/** Results go to stdout; everything else (progress, warnings, errors) to stderr. */
export function printResult(lines: Lines, mark?: Mark): void {
  print('stdout', printable(lines, mark));
}

/** Writes a line of results and waits until it is taken, so that a slow reader isn't overrun. @returns false if nobody reads any more. */
export function writeResult(line: string): Promise<boolean> {
  return new Promise((resolve) => {
    print('stdout', printable(line), (error) => resolve(!error));
  });
}

export function printNote(lines: Lines, mark?: Mark): void {
  print('stderr', printable(lines, mark));
}

/** Node's stream into a file takes no notice when a full disk has room for the beginning of a text only; `writeFileSync` does. */
function print(what: 'stdout' | 'stderr', text: string, onWritten: (error?: Error | null) => void = () => {}): void {
  const { fd } = process[what];
  try {
    if (!fstatSync(fd).isFile()) process[what].write(text, onWritten);
    else {
      writeFileSync(fd, Buffer.from(text));
      onWritten();
    }
  } catch (error) {
    onFailure(what, error as NodeJS.ErrnoException);
  }
}

/** @param what it happened to, unless the error says so. */
export function printError(error: { readonly code: string; readonly message: string }, what = ''): void {
  const { lines } = error instanceof LongError ? error : { lines: [error.message] };
  const [first = '', ...others] = lines;
  printNote([`${what === '' ? '' : `${what}: `}${first}`, ...others], { text: error.code, color: 'red' });
}

export function printWarning(text: string): void {
  printNote(text, { text: 'warning', color: 'yellow' });
}

/** What is said about data on the way. */
export function printRemark({ isWarning, text }: Remark): void {
  (isWarning ? printWarning : printNote)(text);
}

export function printJson(value: unknown): void {
  printResult(jsonLines(value));
}

/** JSON in which each character is seen: `visible` writes the others as JSON does. */
export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split('\n');
}

/** Lines as they are printed, each with its end. */
export function printable(lines: Lines, mark?: Mark): string {
  const text = [lines].flat().map((line) => `${visible(line)}\n`);
  return (mark ? `${colored(mark)} ` : '') + text.join('');
}

/** Colours a word on a terminal, unless `NO_COLOR` is set. */
function colored({ text, color }: Mark): string {
  const isPlain = !process.stderr.isTTY || (process.env.NO_COLOR ?? '') !== '';
  return isPlain ? text : styleText(color, text);
}

/** Writes a count as 47,344. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Writes a share as 12.5 %, always with the same number of decimals. */
export function percent(part: number, whole: number, decimals = 2): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(decimals)} %`;
}
