import { fileSegments, OPERATIONS, readModel, writeModel } from '@signwave/format';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomModel } from './random-models.js';

test('any model reads as it was written, and has one file', () => {
  const operations = new Set<string>();
  fc.assert(
    fc.property(randomModel, (model) => {
      for (const { op } of model.graph.nodes) operations.add(op);
      const bytes = writeModel(model);
      const read = readModel(bytes);
      expect(read).toEqual(model);
      expect(Buffer.compare(writeModel(read), bytes)).toBe(0);
      const { headerBytes, tensorBytes, paddingBytes } = fileSegments(model.graph, bytes.length);
      expect(tensorBytes.reduce((sum, n) => sum + n, headerBytes + paddingBytes)).toBe(bytes.length);
    }),
    { numRuns: Number(process.env.SIGNWAVE_RUNS ?? 300) },
  );
  // If the models no longer had every operation, this test would test less than it says.
  expect([...operations].sort()).toEqual(Object.keys(OPERATIONS).sort());
});

test('a file reads the same wherever it lies in memory', () => {
  fc.assert(
    fc.property(randomModel, fc.integer({ min: 0, max: 17 }), (model, offset) => {
      const bytes = writeModel(model);
      const memory = new Uint8Array(new SharedArrayBuffer(bytes.length + offset + 3)).fill(0xa5);
      memory.set(bytes, offset);
      expect(readModel(memory.subarray(offset, offset + bytes.length))).toEqual(model);
    }),
    { numRuns: 30 },
  );
});
