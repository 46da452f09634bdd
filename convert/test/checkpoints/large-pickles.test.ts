// What lies beside the weights in millions of values, or in one value of megabytes, is stepped over.

import { deflateRawSync } from 'node:zlib';
import { type ByteSource, bytesSource, crc32 } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import type { PickleDict, PickleSequence } from '../../src/checkpoints/pickle-values.js';
import { unpickle } from '../../src/checkpoints/unpickle.js';
import { bytes, checkpoint, legacyCheckpoint, pickle, tensorPickle, u32, zip } from './build.js';

const { call, dict, global, int, program, text, tuple } = pickle;
const TENSOR = tensorPickle({ elements: 1, shape: [1], strides: [1] });
const VALUES = new Uint8Array(Float32Array.of(42).buffer);
const FLOAT = bytes('G', 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a);

/** A piece of stream many times. */
function repeated(piece: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(piece.length * count);
  for (let i = 0; i < count; i++) all.set(piece, i * piece.length);
  return all;
}

/** Items as Python's pickler appends them, a thousand at a time. */
const batches = (item: Uint8Array, thousands: number, end = 'e'): Uint8Array =>
  repeated(bytes('(', repeated(item, 1_000), end), thousands);

const floats = (thousands: number) => bytes(']', batches(FLOAT, thousands));
/** A dict of one entry and a string, each memoised and never read again. */
const record = bytes('}\x94(', text('loss'), '\x94', FLOAT, text('a note'), '\x94Nu');
const numpyScalar = call('numpy.core.multiarray', 'scalar', 'N', bytes('U', 8, 'abcdefgh'));

/** What the largest read was, and how many bytes were read in all. */
function watched(file: Uint8Array): { source: ByteSource; largest: () => number } {
  const inner = bytesSource(file, 'large.pth');
  let largest = 0;
  const read = (at: number, length: number): Promise<Uint8Array> => {
    largest = Math.max(largest, length);
    return inner.read(at, length);
  };
  return { source: { ...inner, read }, largest: () => largest };
}

const BESIDE: readonly (readonly [name: string, value: Uint8Array, described: string])[] = [
  ['1.2 million losses', floats(1_200), 'list of 1200000 items'],
  ['1.2 million losses in a tuple', bytes('(', repeated(FLOAT, 1_200_000), 't'), 'tuple of 1200000 items'],
  ['two million numbers in lists of a thousand', bytes(']', batches(floats(1), 2)), 'list of 2000 items'],
  ['150,000 dicts', bytes(']', batches(record, 150)), 'list of 150000 items'],
  ['200,000 scalars of NumPy', bytes(']', batches(numpyScalar, 200)), 'list of 200000 items'],
  [
    '1.2 million names',
    bytes(']', batches(bytes('X', u32(4), 'a.png'.slice(0, 4), '\x94'), 1_200)),
    'list of 1200000 items',
  ],
  [
    'an array of 9 MB',
    call('_codecs', 'encode', bytes('X', u32(9_000_000), new Uint8Array(9_000_000))),
    '_codecs.encode object',
  ],
  ['a string of 9 MB in text', bytes("S'", new Uint8Array(9_000_000).fill(97), "'\n"), 'string of 9000002 bytes'],
];

/** A state dict with a value before it and one behind. */
const stateBeside = (value: Uint8Array): Uint8Array =>
  program(dict({ log: value, state_dict: dict({ w: TENSOR }), epoch: int(3) }));

async function expectFound(file: Uint8Array, described: string): Promise<void> {
  const { source, largest } = watched(file);
  const { tensors, metadata, skipped } = await openCheckpoint(source);
  expect([...(await tensors.get('w')!.readF32())]).toEqual([42]);
  expect([...metadata]).toEqual([['epoch', 3]]);
  expect(skipped).toContain(`log: ${described}`);
  expect(largest()).toBeLessThanOrEqual(2 ** 22);
}

describe('the state dict is found', () => {
  test.each(BESIDE)('beside %s', async (_name, value, described) => {
    await expectFound(checkpoint(stateBeside(value), { 0: VALUES }), described);
  });

  test.each([BESIDE[0]!, BESIDE.at(-1)!])('in the legacy format beside %s', async (_name, value, described) => {
    const storage = { key: '0', elements: 1, data: VALUES };
    await expectFound(legacyCheckpoint(stateBeside(value), [storage]), described);
  });
});

test('of a long list only the first plain values are kept, and all that holds a tensor', () => {
  const long = program(dict({ list: bytes(']', batches(FLOAT, 200), '(', TENSOR, 'e') }));
  const { entries } = unpickle(long, 'test.pth').value as PickleDict;
  const list = entries.get('list') as PickleSequence;
  expect(list.items.length).toBeLessThan(200);
  expect(list.items.length + list.dropped).toBe(200_001);
  expect(list.holdsTensors).toBe(true);
});

test('a long tuple may have tuples in it, of any length', () => {
  const value = unpickle(program('(', repeated(tuple(int(1)), 140_000), 't'), 'test.pth').value as PickleSequence;
  expect(value.items.length + value.dropped).toBe(140_000);
});

test('an entry that is compressed is read as a whole, up to a limit', async () => {
  const state = program(dict({ log: floats(1_000), w: TENSOR }));
  const file = (size: number) =>
    zip([
      { name: 'a/data.pkl', data: deflateRawSync(state, { level: 1 }), claim: { method: 8, size, crc: crc32(state) } },
      { name: 'a/data/0', data: VALUES },
    ]);
  const small = program(dict({ w: TENSOR }));
  const honest = zip([
    { name: 'a/data.pkl', data: deflateRawSync(small), claim: { method: 8, size: small.length, crc: crc32(small) } },
    { name: 'a/data/0', data: VALUES },
  ]);
  expect([...(await openCheckpoint(bytesSource(honest, 'a.pth'))).tensors.keys()]).toEqual(['w']);
  await expect(openCheckpoint(bytesSource(file(2 ** 27), 'a.pth'))).rejects.toMatchObject({
    code: 'E_CHECKPOINT_STRUCTURE',
  });
});

test('a large pickle whose bytes were changed is refused by its CRC-32 before it is believed', async () => {
  const file = checkpoint(program(dict({ log: floats(1_000), w: TENSOR })), { 0: VALUES });
  file[5_000_000]! ^= 1;
  await expect(openCheckpoint(bytesSource(file, 'a.pth'))).rejects.toMatchObject({
    code: 'E_CHECKPOINT_STRUCTURE',
    message: expect.stringMatching(/CRC-32 of "archive\/data\.pkl"/),
  });
});

describe('the limits hold for hostile streams', () => {
  const refusal = (stream: Uint8Array): string => {
    try {
      unpickle(stream, 'test.pth');
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };

  test('a million and more tensors in a list', () => {
    const shared = bytes(TENSOR, 'r', u32(9), '0');
    const items = repeated(bytes('j', u32(9)), 2 ** 20);
    expect(refusal(program(shared, '](', items, 'e'))).toMatch(/values/);
  });

  test('arguments of a dict from a stack that was thinned out', () => {
    expect(refusal(program('(', repeated(bytes('NN'), 40_000), 'd'))).toMatch(/more than 65536 values on the stack/);
  });

  test('memo entries that are all read again', () => {
    const reads = new Uint8Array((2 ** 20 + 1) * 6);
    const view = new DataView(reads.buffer);
    for (let i = 0; i <= 2 ** 20; i++) {
      reads.set([0x6a, 0, 0, 0, 0, 0x30], i * 6); // LONG_BINGET, POP
      view.setUint32(i * 6 + 1, i, true);
    }
    expect(refusal(program(reads, 'N'))).toMatch(/more than 1048576 memo entries/);
  });

  test('one dict given to an object a million times', () => {
    const object = bytes(global('a', 'B'), ')R');
    const same = bytes(dict({ k: int(1) }), 'q', 7, '0');
    expect(refusal(program(same, object, repeated(bytes('h', 7, 'b'), 2 ** 20)))).toMatch(/more than 1048576 values/);
  });

  test('a stack of tensors', () => {
    const shared = bytes(TENSOR, 'r', u32(9), '0');
    expect(refusal(program(shared, '(', repeated(bytes('j', u32(9)), 70_000), 't'))).toMatch(/more than 65536 values/);
  });
});
