import { describe, expect, test } from 'vitest';
import { WASM_KERNELS } from '../runtime/src/kernels/generated/records.js';
import { kernelsDocument } from '../scripts/documents/write-kernels.mjs';
import { readText } from './source-files.js';

const PAGE = 'docs/kernels.md';
/** How to find, in a room, a kernel that the room doesn't name: the kernels of pools have the names of their operations. */
const ROOM_SAYS: Readonly<Record<string, RegExp>> = { maxPool: /kernel: pool\.op/, avgPool: /kernel: pool\.op/ };

/** Kernel and room of each row. */
const rows = [...readText(PAGE).matchAll(/^\| `(\w+)` .*\(\.\.\/(runtime\/src\/kernels\/[\w-]+\.ts)\)/gm)].map(
  ([, kernel, room]) => ({ kernel: kernel!, room: room! }),
);

describe(PAGE, () => {
  test('is what the comments above the kernels give: run node scripts/documents/write-kernels.mjs', () => {
    expect(readText(PAGE)).toBe(kernelsDocument());
  });

  test('lists every kernel once, and no other', () => {
    expect(rows.map(({ kernel }) => kernel).sort()).toEqual(Object.keys(WASM_KERNELS).sort());
  });

  test.each(rows)('names the room of $kernel', ({ kernel, room }) => {
    expect(readText(room)).toMatch(ROOM_SAYS[kernel] ?? new RegExp(`'${kernel}'`));
  });
});
