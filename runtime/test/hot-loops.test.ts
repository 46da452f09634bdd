import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

// What the compiler makes of the loops that nearly all time goes to, as text in hot-loops/. A changed loop is a changed file, to be read
// and committed (npx vitest run runtime/test/hot-loops.test.ts -u): instructions in another order can halve the speed of an engine.

interface HotLoops {
  readonly module: 'simd' | 'scalar';
  /** End of the function's name. */
  readonly of: string;
  /** In each of its innermost loops with the first of these, so often. All other instructions with vectors or floats are forbidden. */
  readonly instructions: Readonly<Record<string, number>>;
}

/** A new kernel is an entry here. */
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

/** Vectors, floats, and calls; integers of 32 bits are addresses and counters. */
function isHeavy(instruction: string): boolean {
  return /^(v128|[if]\d+x\d+|f32|f64|i64|call|memory)\b/.test(instruction);
}

/** How often each instruction is in a text. */
function countsIn(wat: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, name] of wat.matchAll(/^\s*\(?([a-z][\w.]*)/gm)) counts[name!] = (counts[name!] ?? 0) + 1;
  return counts;
}

/** The lines of one function: from its head to the line that closes it, which is indented as its head is. */
function functionNamed(wat: string, name: string): string {
  const lines = wat.split('\n');
  const start = lines.findIndex((line) => /^ \(func \$/.test(line) && line.includes(`${name} `));
  if (start < 0) throw new Error(`no function ${name} in the module`);
  return lines.slice(start, lines.indexOf(' )', start) + 1).join('\n');
}

/** Loops without a loop in them, each from `loop` to its `end`, unindented. */
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
