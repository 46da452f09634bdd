// Tests thousands of broken files. Whatever happens to a file, the reader must refuse it in words or read what was written.
//   SIGNWAVE_FORMAT_MUTATIONS=20000 SIGNWAVE_SEED=7 npx vitest run format/test/mutations.test.ts
import { type Model, readModel, SignwaveError, writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { concat, IN_PLACE, type Mutation, RESIZING } from '../../test/fuzz/mutations.js';
import { headerOf, rootOf, seal, tryRead } from './file-bytes.js';
import * as file from './generated/signwave.js';
import { everyOperation, randomNumbers, resnet20Like } from './models.js';

const COUNT = Number(process.env.SIGNWAVE_FORMAT_MUTATIONS ?? 2000);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);

/** Time limit for a file of 48 kB: far more than it takes, because the machine may pause, but far less than a hang. */
const MAX_MILLISECONDS = 1000;

/** Limit of the growth of memory, which should only be some megabytes. */
const MAX_MEMORY_BYTES = 512 * 2 ** 20;

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
      { ...IN_PLACE, ...RESIZING },
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
      IN_PLACE,
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
