import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';

const FILE = {
  metadata: { format: 'signwave-training', omega0: '20' },
  tensors: [
    { name: 'conv1.weight', shape: [2, 3], data: Float32Array.of(1, -2, 0.5, Number.NaN, Infinity, -0) },
    { name: 'bn1.num_batches_tracked', shape: [], data: Int32Array.of(-7) },
    { name: 'empty', shape: [0, 4], data: new Float32Array(0) },
  ],
};

/** A file with this header and so many bytes of data. */
function fileOf(header: string, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}
const tensor = (from: number, to: number, shape: number[] = [(to - from) / 4], dtype = 'F32') =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

describe('a safetensors file', () => {
  test('is read as it was written', () => {
    const bytes = writeSafetensors(FILE);
    const { metadata, tensors } = readSafetensors(bytes, 'a');
    expect(metadata).toEqual(FILE.metadata);
    expect(tensors).toEqual(FILE.tensors.filter(({ name }) => name !== 'empty').concat(FILE.tensors[2]!));
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  test('keeps any name, shape and value', () => {
    const anyTensor = fc.record({ name: fc.string(), data: fc.float32Array() });
    fc.assert(
      fc.property(fc.uniqueArray(anyTensor, { selector: ({ name }) => name }), (list) => {
        const tensors = list
          .filter(({ name }) => name !== '__metadata__' && name !== '__proto__')
          .map(({ name, data }) => ({ name, shape: [data.length], data }));
        const read = readSafetensors(writeSafetensors({ metadata: {}, tensors }), 'a').tensors;
        expect(new Map(read.map((it) => [it.name, it]))).toEqual(new Map(tensors.map((it) => [it.name, it])));
      }),
    );
  });

  test('takes names that Object.prototype has', () => {
    const tensors = [{ name: '__proto__', shape: [1], data: Float32Array.of(3) }];
    expect(readSafetensors(writeSafetensors({ metadata: {}, tensors }), 'a').tensors).toEqual(tensors);
  });

  test('never gets two tensors of one name', () => {
    const tensors = [FILE.tensors[0]!, FILE.tensors[0]!];
    expect(() => writeSafetensors({ metadata: {}, tensors })).toThrow('two tensors are called conv1.weight');
  });
});

describe('malformed safetensors files', () => {
  test.each([
    ['that are empty', new Uint8Array(0), 'E_CHECKPOINT_KIND', /no safetensors file/],
    [
      'that are something else',
      new TextEncoder().encode('PK\u0003\u0004 and so on'),
      'E_CHECKPOINT_KIND',
      /no safetensors/,
    ],
    [
      'with a header beyond the end',
      writeSafetensors(FILE).subarray(0, 60),
      'E_CHECKPOINT_STRUCTURE',
      /its header should/,
    ],
    [
      'with tensors beyond the end',
      writeSafetensors(FILE).subarray(0, -9),
      'E_CHECKPOINT_STRUCTURE',
      /but the file has/,
    ],
    [
      'with a hole',
      fileOf(`{"a":${tensor(4, 8)}}`, 8),
      'E_CHECKPOINT_STRUCTURE',
      /starts at byte 4 of the data, not 0/,
    ],
    ['with an overlap', fileOf(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12), 'E_CHECKPOINT_STRUCTURE', /not 8/],
    [
      'with bytes after the last tensor',
      fileOf(`{"a":${tensor(0, 8)}}`, 12),
      'E_CHECKPOINT_STRUCTURE',
      /tensors end at/,
    ],
    [
      'with a key twice',
      fileOf(`{"a":${tensor(0, 4)},"a":${tensor(0, 4)}}`, 4),
      'E_CHECKPOINT_STRUCTURE',
      /"a" stands twice/,
    ],
    ['with a shape of another size', fileOf(`{"a":${tensor(0, 8, [3])}}`, 8), 'E_CHECKPOINT_STRUCTURE', /8 bytes, not/],
    ['with a negative offset', fileOf(`{"a":${tensor(-4, 0, [1])}}`, 4), 'E_CHECKPOINT_STRUCTURE', /lacks a dtype/],
    ['without offsets', fileOf('{"a":{"dtype":"F32","shape":[1]}}', 4), 'E_CHECKPOINT_STRUCTURE', /lacks a dtype/],
    ['with numbers as metadata', fileOf('{"__metadata__":{"a":1}}', 0), 'E_CHECKPOINT_STRUCTURE', /__metadata__/],
    ['with a header that is no JSON', fileOf('{"a":}', 0), 'E_CHECKPOINT_STRUCTURE', /no JSON/],
    ['with another element type', fileOf(`{"a":${tensor(0, 4, [2], 'F16')}}`, 4), 'E_CHECKPOINT_TENSOR', /is F16/],
  ])('%s are refused', (_, bytes, code, message) => {
    expect(() => readSafetensors(bytes, 'a.safetensors')).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('with an integer beyond 32 bits are refused', () => {
    const file = fileOf(`{"a":${tensor(0, 8, [], 'I64')}}`, 8);
    file[file.length - 1] = 1;
    expect(() => readSafetensors(file, 'a')).toThrow(/holds 72057594037927936, beyond 32 bits/);
  });
});
