import { describe, expect, test } from 'vitest';
import { SCALAR_KERNELS } from '../runtime/src/kernels/generated/records.js';
import { KERNEL_RECORDS, type KernelName } from '../runtime/src/kernels/kernel-records.js';
import { readText } from './source-files.js';

const PAGE = 'docs/kernels.md';
/** How to find, in a room, a kernel that the room doesn't name: the kernels of pools have the names of their operations. */
const ROOM_SAYS: Readonly<Record<string, RegExp>> = { maxPool: /kernel: pool\.op/, avgPool: /kernel: pool\.op/ };

interface Row {
  readonly kernel: KernelName;
  readonly build: string;
  readonly record: string;
  /** Paths from the repository's root. */
  readonly room: string;
  readonly source: string;
}

const linked = (cell: string): string => /\(\.\.\/(.*)\)/.exec(cell)?.[1] ?? '';

const rows = [...readText(PAGE).matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, kernel, rest]): Row => {
  const [build, , , , record, room, source] = rest!.split(' | ').map((it) => it.trim());
  const [roomPath, sourcePath] = [linked(room!), linked(source!)];
  return { kernel: kernel as KernelName, build: build!, record: record!, room: roomPath, source: sourcePath };
});

function buildOf(kernel: KernelName): string {
  if (kernel === 'softmax') return 'JavaScript';
  return (SCALAR_KERNELS as readonly string[]).includes(kernel) ? 'both' : 'simd';
}

describe(PAGE, () => {
  test('lists every kernel once, and no other', () => {
    expect(rows.map(({ kernel }) => kernel).sort()).toEqual(Object.keys(KERNEL_RECORDS).sort());
  });

  test.each(rows)('says of $kernel which build has it, its record, its room and its source', (row) => {
    const { kernel, build, record, room, source } = row;
    expect(build).toBe(buildOf(kernel));
    expect(record).toBe(`\`${KERNEL_RECORDS[kernel]}\``);
    expect(room).toMatch(/^runtime\/src\/kernels\//);
    expect(readText(room)).toMatch(ROOM_SAYS[kernel] ?? new RegExp(`'${kernel}'`));
    expect(readText(source)).toMatch(new RegExp(`^export function ${kernel}(Of<\\w+>)?\\(`, 'm'));
  });
});
