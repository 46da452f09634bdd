import { architectureId } from './architecture.js';
import type { Match } from './compare.js';

/** Width that every terminal can show. */
const WIDTH = 80;
const INDENT = '  ';
const GAP = '  ';
const BELOW = '      ';
const SHOWN_NEAREST = 5;

/** The architectures that are nearest to a checkpoint, with what first differs. */
export function nearestTable(matches: readonly Match[]): string[] {
  const nearest = [...matches].sort((a, b) => b.likeness - a.likeness).slice(0, SHOWN_NEAREST);
  const rows = nearest.map(({ architecture, matching, expected, difference = '' }) => [
    architectureId(architecture),
    `${matching} of ${expected.size}`,
    difference,
  ]);
  return tableOf([['architecture', 'tensors', 'first difference'], ...rows]);
}

/** The options that choose among architectures, and why none is taken without being told. */
export function candidateTable(matches: readonly Match[]): string[] {
  const rows = matches.map(({ architecture }) => [
    `--arch ${architectureId(architecture)}`,
    architecture.mustBeNamed ?? (architecture.onlyIfNamed === undefined ? '' : `only if ${architecture.onlyIfNamed}`),
  ]);
  return tableOf(rows);
}

/**
 * Rows in columns. A last cell that is too wide for {@link WIDTH} goes below its row, and is broken between words if it is still too long.
 */
function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.slice(0, -1).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.flatMap((row) => {
    const start = INDENT + widths.map((width, i) => row[i]!.padEnd(width) + GAP).join('');
    const last = row.at(-1)!;
    if (start.length + last.length <= WIDTH) return [(start + last).trimEnd()];
    return [start.trimEnd(), ...wrapped(last, WIDTH - BELOW.length).map((line) => BELOW + line)];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
