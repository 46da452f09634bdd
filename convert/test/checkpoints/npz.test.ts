import { deflateRawSync } from 'node:zlib';
import { bytesSource, crc32, type SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { npyFile, zip } from './build.js';

const open = (file: Uint8Array) => openCheckpoint(bytesSource(file, 'net.npz'));
const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
const bytesOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer);
const FLOATS = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6));

async function failure(file: Uint8Array): Promise<SignwaveError> {
  return open(file).then(
    () => expect.fail('it was read'),
    (error: unknown) => error as SignwaveError,
  );
}

describe('an .npz archive', () => {
  test.each([
    ['<f4', FLOATS, [1, 2, 3, 4, 5, 6]],
    ['<f8', bytesOf(Float64Array.of(0.1, 2, 3, 4, 5, 6)), [Math.fround(0.1), 2, 3, 4, 5, 6]],
    ['<f2', bytesOf(Uint16Array.of(0x3c00, 0xc000, 0, 0, 0, 0)), [1, -2, 0, 0, 0, 0]],
    ['<i8', bytesOf(BigInt64Array.of(-1n, 2n, 3n, 4n, 5n, 6n)), [-1, 2, 3, 4, 5, 6]],
    ['|b1', Uint8Array.of(0, 1, 1, 0, 0, 1), [0, 1, 1, 0, 0, 1]],
  ])('has elements of type %s', async (descr, data, expected) => {
    const file = zip([{ name: 'conv1.weight.npy', data: npyFile(header(descr, '(2, 3)'), data) }]);
    const { container, tensors } = await open(file);
    expect(container).toBe('npz');
    expect(tensors.get('conv1.weight')).toMatchObject({ shape: [2, 3], sizeBytes: data.length });
    expect([...(await tensors.get('conv1.weight')!.readF32())]).toEqual(expected);
  });

  test('may have columns first', async () => {
    const file = zip([{ name: 'w.npy', data: npyFile(header('<f4', '(2, 3)', 'True'), FLOATS) }]);
    expect([...(await (await open(file)).tensors.get('w')!.readF32())]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  test('may be compressed, as savez_compressed does', async () => {
    const values = Float32Array.from({ length: 20_000 }, (_, i) => Math.sin(i));
    const content = npyFile(header('<f4', '(20000,)'), bytesOf(values));
    const claim = { method: 8, size: content.length, crc: crc32(content) };
    const file = zip([{ name: 'w.npy', data: deflateRawSync(content), claim }]);
    expect(await (await open(file)).tensors.get('w')!.readF32()).toEqual(values);
  });

  test('loses the DataParallel prefix', async () => {
    const file = zip([{ name: 'module.w.npy', data: npyFile(header('<f4', '(6,)'), FLOATS) }]);
    expect([...(await open(file)).tensors.keys()]).toEqual(['w']);
  });
});

describe('an .npz archive is refused by the name of the array', () => {
  test.each([
    [
      'for a shape that needs more bytes',
      npyFile(header('<f4', '(7,)'), FLOATS),
      'E_CHECKPOINT_STRUCTURE',
      /needs 28 bytes, but has 24/,
    ],
    [
      'for a shape that overflows',
      npyFile(header('<f4', '(9007199254740991, 9007199254740991)'), FLOATS),
      'E_CHECKPOINT_STRUCTURE',
      /needs .* bytes, but has 24/,
    ],
    ['for a header that is code', npyFile('__import__("os")', FLOATS), 'E_CHECKPOINT_STRUCTURE', /can't be read/],
    ['for 65 axes', npyFile(header('<f4', `(${'1, '.repeat(65)})`), FLOATS), 'E_CHECKPOINT_TENSOR', /65 axes/],
    ['for no array at all', FLOATS, 'E_CHECKPOINT_STRUCTURE', /expected a NumPy array/],
  ])('%s', async (_what, data, code, message) => {
    const error = await failure(zip([{ name: 'w.npy', data }]));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test.each([
    ['big-endian numbers', npyFile(header('>f4', '(6,)'), FLOATS), /array "w".*">f4".*little-endian/],
    ['Python objects, which are pickles', npyFile(header('|O', '(6,)'), FLOATS), /"\|O"/],
    ['complex numbers', npyFile(header('<c8', '(3,)'), FLOATS), /"<c8"/],
    [
      'records',
      npyFile(`{'descr': [('a', '<f4', (2,)), ('b', '<i4')], 'fortran_order': False, 'shape': (2,), }`, FLOATS),
      /structured dtype/,
    ],
  ])('for %s, when they are read', async (_what, data, message) => {
    const { tensors } = await open(zip([{ name: 'w.npy', data }]));
    await expect(tensors.get('w')!.readF32()).rejects.toMatchObject({
      code: 'E_CHECKPOINT_TENSOR',
      message: expect.stringMatching(message),
    });
  });

  test('for values that were changed, when they are read', async () => {
    const file = zip([{ name: 'w.npy', data: npyFile(header('<f4', '(6,)'), FLOATS), claim: { crc: 1 } }]);
    const { tensors } = await open(file);
    await expect(tensors.get('w')!.readF32()).rejects.toMatchObject({ code: 'E_CHECKPOINT_STRUCTURE' });
  });
});
