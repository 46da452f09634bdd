// Tests thousands of broken files. Whatever happens to a file, the reader must refuse it in words or read what was written.
//   SIGNWAVE_FORMAT_MUTATIONS=20000 SIGNWAVE_SEED=7 npx vitest run format/test/mutations.test.ts
import { type Model, readModel, SignwaveError, writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { headerOf, rootOf, seal, tryRead } from './file-bytes.js';
import * as file from './generated/signwave.js';
import { everyOperation, randomNumbers, resnet20Like } from './models.js';

const COUNT = Number(process.env.SIGNWAVE_FORMAT_MUTATIONS ?? 2000);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);

/** Time limit for a file of 48 kB: far more than it takes, because the machine may pause, but far less than a hang. */
const MAX_MILLISECONDS = 1000;

/** Limit of the growth of memory, which should only be some megabytes. */
const MAX_MEMORY_BYTES = 512 * 2 ** 20;

/** Numbers that often break readers: ends of ranges, sign bits, small offsets. */
const NASTY = [
  0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 255, 256, 0x7ffc, 0x7fff, 0x8000, 0xfffc, 0xffff, 0x7fffffff, 0x80000000,
  0xfffffffc, 0xffffffff,
];

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

type Mutation = (bytes: Uint8Array, below: (n: number) => number) => Uint8Array;

function overwrite(bytes: Uint8Array, below: (n: number) => number, width: 2 | 4): Uint8Array {
  const view = new DataView(bytes.buffer);
  const at = below((bytes.length - width) / width) * width;
  // Writes a nasty number, a small change of the old one, or any number.
  const was = width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  const value = [NASTY[below(NASTY.length)]!, was + below(33) - 16, below(2 ** 32)][below(3)]!;
  if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
  return bytes;
}

/** Mutations that keep the file's length. */
const inPlace: Readonly<Record<string, Mutation>> = {
  'a bit flipped': (bytes, below) => {
    bytes[below(bytes.length)]! ^= 1 << below(8);
    return bytes;
  },
  'up to 8 bytes overwritten': (bytes, below) => {
    for (let n = below(8); n >= 0; n--) bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  'a uint16 overwritten': (bytes, below) => overwrite(bytes, below, 2),
  'a uint32 overwritten': (bytes, below) => overwrite(bytes, below, 4),
  'four numbers overwritten': (bytes, below) => {
    for (let n = 0; n < 4; n++) overwrite(bytes, below, below(2) ? 2 : 4);
    return bytes;
  },
  'two blocks swapped': (bytes, below) => {
    const length = 1 + below(Math.min(64, bytes.length >> 2));
    const [a, b] = [below(bytes.length - length), below(bytes.length - length)];
    const block = bytes.slice(a, a + length);
    bytes.copyWithin(a, b, b + length);
    bytes.set(block, b);
    return bytes;
  },
  'a block repeated elsewhere': (bytes, below) => {
    const start = below(bytes.length);
    bytes.copyWithin(below(bytes.length), start, start + 1 + below(64));
    return bytes;
  },
};

const resizing: Readonly<Record<string, Mutation>> = {
  'cut short': (bytes, below) => bytes.slice(0, below(bytes.length)),
  'bytes put in': (bytes, below) => {
    const at = below(bytes.length);
    const added = new Uint8Array(1 + below(32)).map(() => below(256));
    return concat(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  'bytes taken out': (bytes, below) => {
    const at = below(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + below(32)));
  },
};

interface Tally {
  accepted: number;
  readonly refused: Record<string, number>;
  worstMilliseconds: number;
}

/** Reads `COUNT` mutations of a file. `accept` is called with those that are read without an error. */
function readMutations(
  mutations: Readonly<Record<string, Mutation>>,
  mutate: (mutation: Mutation, below: (n: number) => number) => Uint8Array,
  accept: (model: Model, bytes: Uint8Array) => void,
): Tally {
  const random = randomNumbers(SEED);
  const below = (n: number): number => Math.floor((random() / 2 ** 32) * n);
  const names = Object.keys(mutations);
  const tally: Tally = { accepted: 0, refused: {}, worstMilliseconds: 0 };
  const memoryBefore = process.memoryUsage().rss;
  for (let i = 0; i < COUNT; i++) {
    const name = names[i % names.length]!;
    const bytes = mutate(mutations[name]!, below);
    const start = performance.now();
    try {
      const result = tryRead(bytes);
      tally.worstMilliseconds = Math.max(tally.worstMilliseconds, performance.now() - start);
      if (result instanceof SignwaveError) {
        tally.refused[result.code] = (tally.refused[result.code] ?? 0) + 1;
      } else {
        tally.accepted++;
        accept(result, bytes);
      }
    } catch (error) {
      throw new Error(`mutation ${i} (${name}) of seed ${SEED}`, { cause: error });
    }
  }
  expect(tally.worstMilliseconds).toBeLessThan(MAX_MILLISECONDS);
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(MAX_MEMORY_BYTES);
  return tally;
}

/** Converts tensors to strings, because comparing arrays element by element would take most of the time. */
function comparable({ info, graph }: Model): unknown {
  const tensors = graph.tensors.map(({ data, ...tensor }) => ({
    ...tensor,
    data: Buffer.from(data).toString('latin1'),
  }));
  return { info, nodes: graph.nodes, tensors };
}

/** Calls every accessor that flatc generated, as another reader of the format would. */
function readWithAccessors(bytes: Uint8Array, model: Model): void {
  const root = rootOf(bytes);
  expect(root.name()).toBe(model.info.name);
  expect(root.labelsLength()).toBe(model.info.labels?.length ?? 0);
  expect(root.tensorsLength()).toBe(model.graph.tensors.length);
  expect(root.nodesLength()).toBe(model.graph.nodes.length);
  model.graph.nodes.forEach((node, i) => {
    const found = root.nodes(i)!;
    expect(file.Operation[found.operationType()]!.toLowerCase()).toBe(node.op.toLowerCase());
    expect(found.name() ?? undefined).toBe(node.name);
    const operation = file.unionToOperation(found.operationType(), (table) => found.operation(table));
    if (node.op === 'conv') expect((operation as file.Conv).weightsTensor()).toBe(node.weights);
    if (node.op === 'clip') expect((operation as file.Clip).hi()).toBe(node.hi);
  });
}

describe.each([
  ['a ResNet-20', resnet20Like()],
  ['every operation', everyOperation()],
])(`%s, mutated ${COUNT} times with seed ${SEED}`, (_, model) => {
  const whole = writeModel(model);
  const header = headerOf(whole);

  test('is refused or read as it was written', { timeout: 600_000 }, () => {
    const tally = readMutations(
      { ...inPlace, ...resizing },
      (mutation, below) => {
        // Half of the mutations change the header, which is small but holds all of the file's structure.
        if (below(2)) return mutation(whole.slice(), below);
        return concat(mutation(whole.slice(0, header.endAt), below), whole.subarray(header.endAt));
      },
      (read) => {
        expect(comparable(read)).toEqual(comparable(model));
      },
    );
    console.info(JSON.stringify(tally));
  });

  test('is refused or means something with its checksum put right', { timeout: 600_000 }, () => {
    const tally = readMutations(
      inPlace,
      (mutation, below) => {
        const bytes = whole.slice();
        bytes.set(mutation(whole.slice(0, header.endAt), below));
        return seal(bytes, header);
      },
      (read, bytes) => {
        // The model differs, but it can be written, and other readers read the same.
        expect(comparable(readModel(writeModel(read)))).toEqual(comparable(read));
        readWithAccessors(bytes, read);
      },
    );
    console.info(JSON.stringify(tally));
  });
});
