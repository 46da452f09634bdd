import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { bytes, checkpoint, oneTensor, pickle, seededInts, type TensorSpec, tensorPickle } from './build.js';

const open = (file: Uint8Array) => openCheckpoint(bytesSource(file, 'test.pth'));

async function valuesOf(spec: TensorSpec, storage: ArrayBufferView): Promise<number[]> {
  const content = new Uint8Array(storage.buffer, storage.byteOffset, storage.byteLength);
  const { tensors } = await open(oneTensor(spec, content));
  return [...(await tensors.get('weight')!.readF32())];
}

const tensorError = (message: RegExp) => ({ code: 'E_CHECKPOINT_TENSOR', message: expect.stringMatching(message) });

describe('element types', () => {
  test.each([
    ['FloatStorage', 'f32', Float32Array.of(1.5, -0, Number.NaN, Infinity), [1.5, -0, Number.NaN, Infinity]],
    ['DoubleStorage', 'f64', Float64Array.of(0.1, 1e300, -1), [Math.fround(0.1), Infinity, -1]],
    ['HalfStorage', 'f16', Uint16Array.of(0x3c00, 0xc000, 1, 0x7c00), [1, -2, 2 ** -24, Infinity]],
    ['BFloat16Storage', 'bf16', Uint16Array.of(0x3f80, 0xc000, 0x7f80), [1, -2, Infinity]],
    ['LongStorage', 'i64', BigInt64Array.of(-1n, 2n ** 24n + 1n), [-1, 2 ** 24]],
    ['IntStorage', 'i32', Int32Array.of(-7, 2 ** 30), [-7, 2 ** 30]],
    ['ShortStorage', 'i16', Int16Array.of(-32768, 5), [-32768, 5]],
    ['CharStorage', 'i8', Int8Array.of(-128, 127), [-128, 127]],
    ['ByteStorage', 'u8', Uint8Array.of(255, 1), [255, 1]],
    ['BoolStorage', 'bool', Uint8Array.of(0, 1, 2), [0, 1, 1]],
  ])('%s is read as %s', async (storageClass, dtype, storage, expected) => {
    const elements = storage.length;
    const spec = { storageClass, elements, shape: [elements], strides: [1] };
    expect(await valuesOf(spec, storage)).toEqual(expected);
    const { tensors } = await open(oneTensor(spec, new Uint8Array(storage.buffer)));
    expect(tensors.get('weight')).toMatchObject({ dtype, shape: [elements], sizeBytes: storage.byteLength });
  });

  test('a tensor of _rebuild_tensor_v3 has the dtype it names over untyped bytes', async () => {
    const { call, dict, global, int, program, text, tuple } = pickle;
    const storage = bytes(
      tuple(text('storage'), global('torch.storage', 'UntypedStorage'), text('0'), text('cpu'), int(4)),
      'Q',
    );
    const args = [storage, int(0), tuple(int(2)), tuple(int(1)), 0x89, '}', global('torch', 'bfloat16')];
    const state = program(dict({ weight: call('torch._utils', '_rebuild_tensor_v3', ...args) }));
    const { tensors } = await open(checkpoint(state, { 0: new Uint8Array(Uint16Array.of(0x3f80, 0x4000).buffer) }));
    expect([...(await tensors.get('weight')!.readF32())]).toEqual([1, 2]);
  });
});

describe('views', () => {
  const storage = Float32Array.from({ length: 24 }, (_, i) => i);

  test.each([
    ['a transposed matrix', { shape: [3, 2], strides: [1, 3] }, [0, 3, 1, 4, 2, 5]],
    ['an offset', { offset: 20, shape: [4], strides: [1] }, [20, 21, 22, 23]],
    ['every second column', { shape: [2, 2], strides: [4, 2] }, [0, 2, 4, 6]],
    ['channels last', { shape: [1, 2, 2, 2], strides: [8, 1, 4, 2] }, [0, 2, 4, 6, 1, 3, 5, 7]],
    ['an expanded row', { shape: [3, 2], strides: [0, 1] }, [0, 1, 0, 1, 0, 1]],
    ['a scalar', { offset: 7, shape: [], strides: [] }, [7]],
    ['an empty tensor', { offset: 24, shape: [0, 3], strides: [3, 1] }, []],
    ['sizes of 1 with any stride', { shape: [2, 1, 2], strides: [2, 999, 1] }, [0, 1, 2, 3]],
  ])('%s is resolved', async (_name, view, expected) => {
    expect(await valuesOf({ elements: 24, ...view }, storage)).toEqual(expected);
  });

  test('any permutation of axes gives what nested loops give', async () => {
    const seed = 20_260;
    const random = seededInts(seed);
    for (let round = 0; round < 50; round++) {
      const sizes = [1 + random(3), 1 + random(3), 1 + random(3)];
      const dense = [sizes[1]! * sizes[2]!, sizes[2]!, 1];
      const order = [0, 1, 2].sort(() => random(3) - 1);
      const shape = order.map((axis) => sizes[axis]!);
      const strides = order.map((axis) => dense[axis]!);
      const expected: number[] = [];
      for (let a = 0; a < shape[0]!; a++)
        for (let b = 0; b < shape[1]!; b++)
          for (let c = 0; c < shape[2]!; c++) expected.push(a * strides[0]! + b * strides[1]! + c * strides[2]!);
      const elements = expected.length;
      const values = await valuesOf({ elements, shape, strides }, storage.slice(0, elements));
      expect(values, `seed ${seed}, round ${round}`).toEqual(expected);
    }
  });

  test('tensors share a storage', async () => {
    const first = tensorPickle({ elements: 24, shape: [4], strides: [1] });
    const second = tensorPickle({ elements: 24, offset: 2, shape: [4], strides: [1] });
    const state = pickle.program(pickle.dict({ first, second }));
    const { tensors } = await open(checkpoint(state, { 0: new Uint8Array(storage.buffer) }));
    expect([...(await tensors.get('first')!.readF32())]).toEqual([0, 1, 2, 3]);
    expect([...(await tensors.get('second')!.readF32())]).toEqual([2, 3, 4, 5]);
  });
});

describe('tensors that do not fit', () => {
  const storage = new Uint8Array(16);

  test.each<[string, TensorSpec, RegExp]>([
    [
      '4 GB declared in a 1 kB file',
      { elements: 2 ** 30, shape: [2 ** 30], strides: [1] },
      /storage of 4294967296 bytes, but "archive\/data\/0" has 16/,
    ],
    [
      'a shape past the storage',
      { elements: 4, shape: [5], strides: [1] },
      /needs elements up to 5 of a storage that has 4/,
    ],
    ['an offset past the storage', { elements: 4, offset: 1, shape: [4], strides: [1] }, /up to 5/],
    ['a stride past the storage', { elements: 4, shape: [2], strides: [4] }, /up to 5/],
    [
      'sizes whose product is beyond 2^53',
      { elements: 4, shape: [2 ** 40, 2 ** 40], strides: [1, 1] },
      /needs elements up to/,
    ],
    [
      'a view that repeats its storage',
      { elements: 4, shape: [2 ** 20, 4], strides: [0, 1] },
      /repeats 4 stored elements to 4194304/,
    ],
  ])('%s: refused when the checkpoint is opened', async (_name, spec, message) => {
    await expect(open(oneTensor(spec, storage))).rejects.toMatchObject(tensorError(message));
  });

  test('elements that are not read are refused when they are asked for', async () => {
    const spec = { storageClass: 'ComplexFloatStorage', elements: 2, shape: [2], strides: [1] };
    const weight = (await open(oneTensor(spec, storage))).tensors.get('weight')!;
    expect(weight).toMatchObject({ dtype: 'torch.ComplexFloatStorage', shape: [2], sizeBytes: 16 });
    await expect(weight.readF32()).rejects.toMatchObject(tensorError(/elements of torch.ComplexFloatStorage/));
  });

  test('a storage that is missing is named', async () => {
    const state = pickle.program(pickle.dict({ weight: tensorPickle({ elements: 4, shape: [4], strides: [1] }) }));
    await expect(open(checkpoint(state))).rejects.toMatchObject(
      tensorError(/"archive\/data\/0", which the archive lacks/),
    );
  });

  test('a key cannot lead out of the folder of storages', async () => {
    const spec = { key: '../data.pkl', elements: 4, shape: [4], strides: [1] };
    const state = pickle.program(pickle.dict({ weight: tensorPickle(spec) }));
    await expect(open(checkpoint(state))).rejects.toMatchObject(tensorError(/which the archive lacks/));
  });

  test('sizes with a zero among huge ones give no values', async () => {
    const huge = new Array(30).fill(2 ** 40);
    expect(await valuesOf({ elements: 4, shape: [...huge, 0], strides: [...huge, 1] }, storage)).toEqual([]);
  });
});
