/**
 * A Markdown table.
 *
 * @param rows one cell for each column; all columns but the first hold numbers and are aligned to the right.
 */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(titles), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

/** Writes thousands apart: `1,234`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** Milliseconds with three significant digits: `0.123`, `12.3`. */
export function milliseconds(value: number): string {
  // Noise swallowed the difference.
  if (!(value > 0)) return '0';
  return Number(value.toPrecision(3)).toFixed(Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(value)))));
}

/** `12.3x`, or `-` if noise swallowed one of the times. */
export function times(ratio: number): string {
  if (!(ratio > 0)) return '-';
  return `${ratio.toFixed(1)}x`;
}

/** `12.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Billions of multiply-accumulates a second. */
export function gmacs(macs: number, ms: number): string {
  return (macs / ms / 1e6).toFixed(1);
}
