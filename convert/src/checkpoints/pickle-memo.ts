// pickle-memo.ts — finds the memo entries of a pickle that are read again.
//
// A pickler memoises nearly everything, even strings and the items of long lists, and reads little of it again. Knowing which entries are
// read before the stream is built means that the others needn't be kept, so that what is dropped from a list takes no memory.

import { MAX_MEMO_ENTRIES } from './limits.js';
import { PickleCursor, type Steps } from './pickle-cursor.js';

/** What follows an opcode: so many bytes, so many lines, or a length of so many bytes and then the bytes that it counts. */
type Operand = readonly [kind: 'bytes' | 'lines' | 'counted' | 'get', size: number];

/** Operands of the opcodes that have any, by opcode byte. */
const OPERANDS: (Operand | undefined)[] = new Array<Operand | undefined>(256).fill(undefined);
for (const [opcodes, operand] of [
  ['Kq\x80', ['bytes', 1]],
  ['M', ['bytes', 2]],
  ['Jr', ['bytes', 4]],
  ['G\x95', ['bytes', 8]],
  ['ILFSVp', ['lines', 1]],
  ['ci', ['lines', 2]],
  ['UC\x8c\x8a', ['counted', 1]],
  ['TXB\x8b', ['counted', 4]],
  ['\x8d\x8e\x96', ['counted', 8]],
  ['h', ['get', 1]],
  ['j', ['get', 4]],
  ['g', ['get', 0]],
] as const) {
  for (const opcode of opcodes) OPERANDS[opcode.charCodeAt(0)] = operand;
}
const STOP = 0x2e;

/** Ends the scan. Errors in the stream are left to the machine that builds it, which reports them. */
class EndOfScan extends Error {}

/** Indices of memo entries that a stream reads; `undefined` if they are more than {@link MAX_MEMO_ENTRIES}. */
export function* memoReads(sizeBytes: number, window: Uint8Array): Steps<ReadonlySet<number> | undefined> {
  const cursor = new PickleCursor(sizeBytes, () => {
    throw new EndOfScan();
  });
  cursor.fill(window);
  const reads = new Set<number>();
  try {
    for (;;) {
      if (cursor.isShort) cursor.fill(yield cursor.offset);
      const opcode = cursor.u8();
      if (opcode === STOP) break;
      const operand = OPERANDS[opcode];
      if (!operand) continue;
      const [kind, size] = operand;
      if (kind === 'bytes') cursor.skip(size);
      else if (kind === 'counted') cursor.skip(size === 1 ? cursor.u8() : size === 4 ? cursor.u32() : cursor.u64());
      else if (kind === 'get') reads.add(size === 1 ? cursor.u8() : size === 4 ? cursor.u32() : Number(cursor.line()));
      else for (let lines = 0; lines < size; lines++) yield* cursor.passLine();
      if (reads.size > MAX_MEMO_ENTRIES) return undefined;
    }
  } catch (error) {
    if (!(error instanceof EndOfScan)) throw error;
  }
  return reads;
}
