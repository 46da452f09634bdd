import { readFileSync, writeFileSync } from 'node:fs';
import { FORMAT_VERSION, OPERATIONS, readModel, writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { everyOperation, operationsOf11 } from './models.js';

const folder = new URL('./golden/', import.meta.url);

// A golden file is written only once, before its version is released:
//   SIGNWAVE_WRITE_GOLDEN=1 npx vitest run format/test/golden.test.ts
if (process.env.SIGNWAVE_WRITE_GOLDEN) {
  const { major, minor } = FORMAT_VERSION;
  writeFileSync(new URL(`v${major}.${minor}.sgnw`, folder), writeModel(operationsOf11()));
}

describe('golden file v1.0', () => {
  const golden = new Uint8Array(readFileSync(new URL('v1.0.sgnw', folder)));

  test('is below 8 kB', () => {
    expect(golden.length).toBeLessThan(8192);
  });

  test('reads as the model it was written from', () => {
    expect(readModel(golden)).toEqual(everyOperation());
  });

  test('holds every operation and every element type', () => {
    const { nodes, tensors } = readModel(golden).graph;
    const first = Object.entries(OPERATIONS).filter(([, { since = 0 }]) => since === 0);
    expect(new Set(nodes.map(({ op }) => op))).toEqual(new Set(first.map(([op]) => op)));
    expect(new Set(tensors.map(({ dtype }) => dtype))).toEqual(new Set(['f32', 'bits', 'f16', 'i8', 'i16']));
  });

  test('is what the writer gives today, to the byte', () => {
    expect(Buffer.compare(writeModel(everyOperation()), golden)).toBe(0);
    expect(Buffer.compare(writeModel(readModel(golden)), golden)).toBe(0);
  });
});

describe('golden file v1.1', () => {
  const golden = new Uint8Array(readFileSync(new URL('v1.1.sgnw', folder)));

  test('reads as the model it was written from, with every operation that the version brought', () => {
    expect(readModel(golden)).toEqual(operationsOf11());
    const ops = readModel(golden).graph.nodes.map(({ op }) => op as string);
    const brought = Object.entries(OPERATIONS).flatMap(([op, { since = 0 }]) => (since === 1 ? [op] : []));
    expect(brought.filter((op) => !ops.includes(op))).toEqual([]);
  });

  test('is what the writer gives today, to the byte', () => {
    expect(Buffer.compare(writeModel(operationsOf11()), golden)).toBe(0);
  });
});
