// pickle-opcodes.ts — what each pickle opcode does to the machine of pickle-machine.ts.
//
// All that `pickle` writes (Lib/pickletools.py describes each), in Python 2 and 3. Persistent ids in text, extension codes and out-of-band
// buffers are refused: PyTorch's own reader has no use for them.

import type { Fail, PickleCursor } from './pickle-cursor.js';
import { textFloat, textInteger, textLong, textString, textUnicode } from './pickle-text.js';
import { PickleDict, PickleSequence, type PickleValue } from './pickle-values.js';

/** Ends a stream; the machine handles it itself. */
export const STOP = 0x2e;

/** STRING and UNICODE, the operations whose line may be of any length. */
export const LINE_STRINGS: ReadonlySet<number> = new Set([0x53, 0x56]);

/** What operations do to the machine of pickle-machine.ts, where each method says what it is for. */
export interface Machine {
  readonly fail: Fail;
  readonly cursor: PickleCursor;
  push(value: PickleValue): void;
  pop(): PickleValue;
  top(): PickleValue;
  popMany(count: number): PickleValue[];
  mark(): void;
  popToMark(): PickleValue[];
  pushSequence(kind: PickleSequence['kind']): void;
  remember(index?: number): void;
  recall(index: number): void;
  pushGlobal(module: PickleValue, name: PickleValue): void;
  call(callable: PickleValue, args: PickleValue): void;
  pushStorage(id: PickleValue): void;
  append(items: readonly PickleValue[], kind: 'list' | 'set'): void;
  setItems(flat: readonly PickleValue[]): void;
  build(): void;
}
type Operation = (m: Machine) => void;

const tuple = (items: PickleValue[]) => new PickleSequence('tuple', items);

function dictOf(m: Machine): void {
  const flat = m.popToMark();
  if (flat.length % 2 !== 0) m.fail('a key without a value');
  const dict = new PickleDict();
  for (let i = 0; i < flat.length; i += 2) dict.set(flat[i]!, flat[i + 1]!);
  m.push(dict);
}

function newObject(m: Machine): void {
  const args = m.pop();
  m.call(m.pop(), args);
}

/** Operations by opcode byte, keyed by the character that pickletools shows, or the number where there is none. */
export const OPERATIONS: readonly (Operation | undefined)[] = operationTable([
  // framing
  [0x80, (m) => void (m.cursor.u8() > 5 && m.fail('a protocol later than 5'))], // PROTO
  [0x95, (m) => void m.cursor.u64()], // FRAME: only says how much to buffer
  // stack
  ['(', (m) => m.mark()],
  ['0', (m) => void m.pop()], // POP
  ['1', (m) => void m.popToMark()], // POP_MARK
  ['2', (m) => m.push(m.top())], // DUP
  // memo
  ['q', (m) => m.remember(m.cursor.u8())], // BINPUT
  ['r', (m) => m.remember(m.cursor.u32())], // LONG_BINPUT
  [0x94, (m) => m.remember()], // MEMOIZE
  ['h', (m) => m.recall(m.cursor.u8())], // BINGET
  ['j', (m) => m.recall(m.cursor.u32())], // LONG_BINGET
  ['p', (m) => m.remember(memoIndex(m))], // PUT
  ['g', (m) => m.recall(memoIndex(m))], // GET
  // plain values
  ['N', (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  ['K', (m) => m.push(m.cursor.u8())], // BININT1
  ['M', (m) => m.push(m.cursor.u16())], // BININT2
  ['J', (m) => m.push(m.cursor.i32())], // BININT
  [0x8a, (m) => m.push(m.cursor.integer(m.cursor.u8()))], // LONG1
  [0x8b, (m) => m.push(m.cursor.integer(m.cursor.u32()))], // LONG4
  ['G', (m) => m.push(m.cursor.f64())], // BINFLOAT
  ['I', (m) => m.push(textInteger(m.cursor.line(), m.fail))], // INT
  ['L', (m) => m.push(textLong(m.cursor.line(), m.fail))], // LONG
  ['F', (m) => m.push(textFloat(m.cursor.line(), m.fail))], // FLOAT
  // strings and bytes
  ['S', (m) => m.push(textString(m.cursor.latin1Line(), m.fail))], // STRING
  ['V', (m) => m.push(textUnicode(m.cursor.latin1Line(), m.fail))], // UNICODE
  [0x8c, (m) => m.push(m.cursor.utf8(m.cursor.u8()))], // SHORT_BINUNICODE
  ['X', (m) => m.push(m.cursor.utf8(m.cursor.u32()))], // BINUNICODE
  [0x8d, (m) => m.push(m.cursor.utf8(m.cursor.u64()))], // BINUNICODE8
  ['U', (m) => m.push(m.cursor.latin1(m.cursor.u8()))], // SHORT_BINSTRING
  ['T', (m) => m.push(m.cursor.latin1(m.cursor.u32()))], // BINSTRING
  ['C', (m) => m.push(m.cursor.bytes(m.cursor.u8()))], // SHORT_BINBYTES
  ['B', (m) => m.push(m.cursor.bytes(m.cursor.u32()))], // BINBYTES
  [0x8e, (m) => m.push(m.cursor.bytes(m.cursor.u64()))], // BINBYTES8
  [0x96, (m) => m.push(m.cursor.bytes(m.cursor.u64()))], // BYTEARRAY8
  // containers
  [')', (m) => m.push(tuple([]))],
  [0x85, (m) => m.push(tuple(m.popMany(1)))], // TUPLE1
  [0x86, (m) => m.push(tuple(m.popMany(2)))], // TUPLE2
  [0x87, (m) => m.push(tuple(m.popMany(3)))], // TUPLE3
  ['t', (m) => m.pushSequence('tuple')], // TUPLE
  [']', (m) => m.push(new PickleSequence('list', []))],
  ['l', (m) => m.pushSequence('list')], // LIST
  ['a', (m) => m.append(m.popMany(1), 'list')], // APPEND
  ['e', (m) => m.append(m.popToMark(), 'list')], // APPENDS
  ['}', (m) => m.push(new PickleDict())],
  ['d', dictOf], // DICT
  ['s', (m) => m.setItems(m.popMany(2))], // SETITEM
  ['u', (m) => m.setItems(m.popToMark())], // SETITEMS
  [0x8f, (m) => m.push(new PickleSequence('set', []))], // EMPTY_SET
  [0x90, (m) => m.append(m.popToMark(), 'set')], // ADDITEMS
  [0x91, (m) => m.pushSequence('set')], // FROZENSET
  // names, storages, and what Python would run
  ['c', (m) => m.pushGlobal(m.cursor.line(), m.cursor.line())], // GLOBAL
  [0x93, stackGlobal],
  ['Q', (m) => m.pushStorage(m.pop())], // BINPERSID
  ['R', newObject], // REDUCE
  [0x81, newObject], // NEWOBJ
  [0x92, newObjectWithKeywords], // NEWOBJ_EX
  ['i', instance], // INST
  ['o', object], // OBJ
  ['b', (m) => m.build()],
]);

function memoIndex(m: Machine): number {
  const index = textInteger(m.cursor.line(), m.fail);
  return typeof index === 'number' ? index : m.fail('a memo entry without a number');
}

function stackGlobal(m: Machine): void {
  const [module, name] = m.popMany(2);
  m.pushGlobal(module!, name!);
}

/** Keyword arguments are dropped: nothing on the allow-list takes any. */
function newObjectWithKeywords(m: Machine): void {
  m.pop();
  newObject(m);
}

function instance(m: Machine): void {
  const args = m.popToMark();
  m.pushGlobal(m.cursor.line(), m.cursor.line());
  m.call(m.pop(), tuple(args));
}

function object(m: Machine): void {
  const [callable, ...args] = m.popToMark();
  m.call(callable ?? null, tuple(args));
}

function operationTable(rows: readonly (readonly [string | number, Operation])[]): (Operation | undefined)[] {
  const table = new Array<Operation | undefined>(256).fill(undefined);
  for (const [opcode, operation] of rows) table[typeof opcode === 'string' ? opcode.charCodeAt(0) : opcode] = operation;
  return table;
}
