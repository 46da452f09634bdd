import { styleText } from 'node:util';
import type { Remark } from '@signwave/data';

/** Results go to stdout; everything else (progress, warnings, errors) to stderr. */
export function printResult(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printWarning(text: string): void {
  printNote(`${color('yellow', 'warning')} ${text}`);
}

/** What is said about data on the way. */
export function printRemark({ isWarning, text }: Remark): void {
  (isWarning ? printWarning : printNote)(text);
}

export function printJson(value: unknown): void {
  printResult(JSON.stringify(value, null, 2));
}

/** Colours a text on a terminal, unless `NO_COLOR` is set. */
export function color(format: 'bold' | 'red' | 'green' | 'yellow', text: string): string {
  const isPlain = !process.stderr.isTTY || (process.env.NO_COLOR ?? '') !== '';
  return isPlain ? text : styleText(format, text);
}

/** Writes a count as 47,344. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Writes a share as 12.5 %, always with the same number of decimals. */
export function percent(part: number, whole: number, decimals = 2): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(decimals)} %`;
}
