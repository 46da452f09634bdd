import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

// The folder hot-loops/ has the compiled text of the loops that take nearly all the time. A changed loop changes its file, which has to
// be read and committed (npx vitest run runtime/test/hot-loops.test.ts -u): a different order of instructions can halve an engine's speed.

interface HotLoops {
  readonly module: 'simd' | 'scalar';
  /** How the function's name ends. */
  readonly of: string;
  /**
   * How often each instruction occurs in every innermost loop that has the first of them. All other instructions on vectors or floats are
   * forbidden.
   */
  readonly instructions: Readonly<Record<string, number>>;
}

/** Add an entry for every new kernel. */
const HOT_LOOPS: readonly HotLoops[] = [
  {
    module: 'simd',
    of: 'gemm-simd/tile4x8',
    instructions: { 'i8x16.popcnt': 8, 'v128.xor': 8, 'i8x16.add': 8, 'v128.load': 2, 'v128.load32_splat': 4 },
  },
  {
    module: 'simd',
    of: 'gemm-simd/tile1x8',
    instructions: { 'i8x16.popcnt': 2, 'v128.xor': 2, 'i8x16.add': 2, 'v128.load': 2, 'v128.load32_splat': 1 },
  },
  {
    module: 'scalar',
    of: 'gemm-scalar/gemm',
    instructions: { 'i64.popcnt': 2, 'i64.xor': 2, 'i64.add': 2, 'i64.load': 3 },
  },
];

const FOLDER = fileURLToPath(new URL('hot-loops/', import.meta.url));
const snapshotOf = ({ of }: HotLoops): string => `${of.replaceAll('/', '-')}.wat`;

describe.each(HOT_LOOPS)('$of', (hot) => {
  const { module, of, instructions } = hot;
  const text = readFileSync(new URL(`../build/${module}.wat`, import.meta.url), 'utf8');
  const [marker] = Object.keys(instructions);
  const loops = innermostLoops(functionNamed(text, of)).filter((loop) => countsIn(loop)[marker!]);

  test('has the instructions meant in its hot loops, and nothing slow', () => {
    expect(loops.length).toBeGreaterThan(0);
    for (const loop of loops) {
      const counts = Object.entries(countsIn(loop));
      expect(Object.fromEntries(counts.filter(([name]) => name in instructions || isHeavy(name)))).toEqual(
        instructions,
      );
    }
  });

  test('has the loops that were reviewed', async () => {
    await expect(`${loops.join('\n\n')}\n`).toMatchFileSnapshot(FOLDER + snapshotOf(hot));
  });
});

test('hot-loops/ has no file of a kernel that is gone', () => {
  const known = HOT_LOOPS.map(snapshotOf);
  expect(readdirSync(FOLDER).filter((name) => !known.includes(name))).toEqual([]);
});

/** Whether an instruction works on vectors, floats or memory, or is a call. 32-bit integers are only addresses and counters. */
function isHeavy(instruction: string): boolean {
  return /^(v128|[if]\d+x\d+|f32|f64|i64|call|memory)\b/.test(instruction);
}

/** Counts the instructions in a text. */
function countsIn(wat: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, name] of wat.matchAll(/^\s*\(?([a-z][\w.]*)/gm)) counts[name!] = (counts[name!] ?? 0) + 1;
  return counts;
}

/** Extracts the lines of one function: from its head to the line that closes it, which has the same indentation. */
function functionNamed(wat: string, name: string): string {
  const lines = wat.split('\n');
  const start = lines.findIndex((line) => /^ \(func \$/.test(line) && line.includes(`${name} `));
  if (start < 0) throw new Error(`no function ${name} in the module`);
  return lines.slice(start, lines.indexOf(' )', start) + 1).join('\n');
}

/** Extracts the loops that contain no loop, each from `loop` to its `end`, without indentation. */
function innermostLoops(wat: string): string[] {
  const lines = wat.split('\n');
  const found: string[] = [];
  let start: number | undefined;
  lines.forEach((line, i) => {
    if (/^\s*loop\b/.test(line)) start = i;
    if (start === undefined) return;
    const indent = /^\s*/.exec(lines[start]!)![0];
    if (i > start && line.startsWith(`${indent}end`)) {
      found.push(
        lines
          .slice(start, i + 1)
          .map((it) => it.slice(indent.length))
          .join('\n'),
      );
      start = undefined;
    }
  });
  return found;
}
