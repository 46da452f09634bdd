import { visible } from '@signwave/format';

/** A column of a table; numbers are aligned to the right. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Formats rows as lines of aligned text.
 *
 * @param rows cells as they are to be shown, one for each column.
 * @param footer a last row for totals, set off by a line.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  footer?: readonly string[],
): string[] {
  const titles = columns.map((column) => column.title);
  const all = [titles, ...rows, ...(footer ? [footer] : [])].map((row) => row.map(visible));
  const widths = columns.map((_, i) => all.reduce((width, row) => Math.max(width, row[i]!.length), 0));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const [head = '', ...body] = all.map(line);
  const last = footer ? body.splice(-1) : [];
  return [head, rule, ...body, ...(footer ? [rule] : []), ...last];
}
