import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../test/shared.js';
import { temporaryFolder } from '../../test/temp-folder.js';
import { readNpy, writeNpy } from '../src/node/npy-file.js';
import { decodeNpy, encodeNpy, type NpyArray, type NpyType } from '../src/npy.js';

const ANY: { readonly types: readonly NpyType[] } = { types: ['|u1', '<i2', '<i4', '<f4', '<f8', '<i8'] };

/** An .npy file of the given header text, padded to 64 bytes as NumPy does. */
function npyFile(dict: string, data: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const prefixBytes = version === 1 ? 10 : 12;
  const header = Buffer.from(`${dict.padEnd(128 - prefixBytes - 1)}\n`, 'latin1');
  const length = Buffer.alloc(prefixBytes - 8);
  length.writeUIntLE(header.length, 0, length.length);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), length, header, data]);
}

const dict = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe('npy', () => {
  test('reads back any array that it writes', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...ANY.types), shape, (type, shape) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const data = {
          '|u1': () => Uint8Array.from({ length }, (_, i) => i * 7),
          '<f4': () => Float32Array.from({ length }, (_, i) => i / 3),
          '<i2': () => Int16Array.from({ length }, (_, i) => -i),
          '<i4': () => Int32Array.from({ length }, (_, i) => i * -70_000),
          '<f8': () => Float64Array.from({ length }, (_, i) => -i / 3),
          '<i8': () => BigInt64Array.from({ length }, (_, i) => -BigInt(i)),
        }[type]();
        const array = { type, shape, data } as NpyArray;
        const bytes = encodeNpy(array);
        expect(decodeNpy(bytes, 'x.npy', ANY)).toEqual(array);
        expect((bytes.length - data.byteLength) % 64).toBe(0);
      }),
    );
  });

  test('writes the bytes of numpy.save', () => {
    const text = Buffer.from(encodeNpy({ type: '|u1', shape: [3], data: Uint8Array.of(1, 2, 3) })).toString('latin1');
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }".padEnd(117);
    expect(text).toBe(`\x93NUMPY\x01\x00\x76\x00${header}\n\x01\x02\x03`);
  });

  test('writes and reads a file, and leaves no other file behind', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.npy');
    const array = { type: '<f4', shape: [2, 2], data: Float32Array.of(1, -0, Number.NaN, 1e-40) } as const;
    await writeNpy(path, array);
    expect(await readNpy(path, { types: ['<f4'], shape: [null, 2] })).toEqual(array);
    expect(await readdir(folder)).toEqual(['a.npy']);
  });

  test.each([1, 2, 3])('reads version %i.0', (version) => {
    const array = decodeNpy(npyFile(dict('|u1', '(1, 2)'), Uint8Array.of(5, 6), version), 'x.npy', ANY);
    expect(array).toEqual({ type: '|u1', shape: [1, 2], data: Uint8Array.of(5, 6) });
  });

  test.each([
    `{"shape":(2,),"descr":"|u1","fortran_order":False}`,
    `  {  'fortran_order' : False ,\n'descr':'|u1' , 'shape' : ( 2 , )  }  `,
    `{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }`,
  ])('reads the header %j', (header) => {
    expect(decodeNpy(npyFile(header, Uint8Array.of(5, 6)), 'x.npy', ANY).shape).toEqual([2]);
  });

  test('reads elements that are not aligned in memory', () => {
    const { buffer } = Uint8Array.of(0, ...npyFile(dict('<f4', '()'), new Uint8Array(Float32Array.of(2.5).buffer)));
    expect(decodeNpy(new Uint8Array(buffer, 1), 'x.npy', ANY).data).toEqual(Float32Array.of(2.5));
  });
});

describeWithShared('npy of NumPy', () => {
  test('writes again what NumPy wrote, byte for byte', async () => {
    const path = sharedPath('checkpoints/biper-resnet20-cifar10/golden_logits_first1000test.npy')!;
    const logits = await readNpy(path, { types: ['<f4'], shape: [1000, 10] });
    expect(Buffer.compare(encodeNpy(logits), await readFile(path))).toBe(0);
  });
});

describe('malformed npy files', () => {
  const one = Uint8Array.of(1);

  test.each<[string, Uint8Array, RegExp]>([
    ['another kind of file', Buffer.from('PK\x03\x04abcdef'), /it is a zip archive, expected a NumPy array/],
    ['an empty file', new Uint8Array(0), /an empty file/],
    ['version 4', npyFile(dict('|u1', '(1,)'), one, 4), /version is 4\.0, expected 1\.0, 2\.0 or 3\.0/],
    ['a file that ends after the magic', npyFile('').subarray(0, 6), /version is undefined/],
    [
      'a file that ends in the header length',
      npyFile('').subarray(0, 9),
      /cut short: it ends in the header, at byte 9/,
    ],
    ['a file that ends in the header', npyFile('').subarray(0, 50), /needs bytes up to 128, but it ends at 50/],
    [
      'a header length of 4 GB',
      Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff{}', 'latin1'),
      /claims 4294967295 bytes/,
    ],
    ['data cut short', npyFile(dict('<f4', '(1,)'), one), /<f4 \(1,\) needs 4 bytes .* there are 1/],
    ['bytes after the data', npyFile(dict('|u1', '(1,)'), Uint8Array.of(1, 2)), /needs 1 bytes .* there are 2/],
    ['shapes that overflow', npyFile(dict('<f8', `(${'9007199254740991, '.repeat(20)})`)), /dimension|needs/],
    ['Fortran order', npyFile(dict('|u1', '(1,)', 'True'), one), /Fortran order, expected C order/],
    ['big-endian floats', npyFile(dict('>f4', '(1,)')), /type is >f4, expected .*big-endian/],
    ['objects', npyFile(dict('|O', '(1,)')), /type is \|O, expected/],
    ['records', npyFile(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`), /structured dtype/],
    ['a missing key', npyFile(`{'descr': '|u1', 'shape': (1,)}`, one), /needs the keys .*it has: descr, shape/],
    ['an empty dict', npyFile('{}'), /it has: none/],
    ['a key twice', npyFile(`{'shape': (1,), 'shape': (1,)}`, one), /key "shape" twice/],
    ['a negative dimension', npyFile(dict('|u1', '(-1,)')), /isn't a Python dict of plain values: "-1/],
    ['an expression', npyFile(dict('|u1', '(__import__,)')), /plain values/],
    ['a word as a dimension', npyFile(dict('|u1', '(True,)')), /"True" where a dimension/],
    ['a number instead of a tuple', npyFile(dict('|u1', '1')), /"1" where a string, True, False or a tuple/],
    ['a string instead of a tuple', npyFile(dict('|u1', `'a'`)), /needs the keys/],
    ['a header without its end', npyFile(`{'descr': '|u1',`), /its end where a key is expected/],
    ['a missing colon', npyFile(`{'descr' '|u1'}`), /"\|u1" where ":" is expected/],
    ['a missing comma', npyFile(`{'descr': '|u1' 'shape': (1,)}`), /"shape" where "}" is expected/],
    ['text after the dict', npyFile(`${dict('|u1', '(1,)')} True`, one), /goes on with "True"/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeNpy(bytes, 'x.npy', ANY)).toThrow(
      expect.objectContaining({ code: 'E_NPY', message: expect.stringMatching(message) }),
    );
  });

  test('refuses another type and another shape than the caller wants', () => {
    const bytes = encodeNpy({ type: '<f4', shape: [2, 3], data: new Float32Array(6) });
    expect(() => decodeNpy(bytes, 'x.npy', { types: ['|u1', '<i8'] })).toThrow(
      'x.npy: its element type is <f4, expected |u1 or <i8',
    );
    expect(() => decodeNpy(bytes, 'x.npy', { types: ['<f4'], shape: [null, 4] })).toThrow(
      'x.npy: its shape is (2, 3), expected (any, 4)',
    );
    expect(() => decodeNpy(bytes, 'x.npy', { types: ['<f4'], shape: [6] })).toThrow(
      'its shape is (2, 3), expected (6,)',
    );
  });

  test('refuses to write a shape that does not match the data', () => {
    expect(() => encodeNpy({ type: '|u1', shape: [2, 3], data: new Uint8Array(5) })).toThrow(
      expect.objectContaining({ code: 'E_NPY', message: expect.stringMatching(/\(2, 3\) has 6 elements, but 5/) }),
    );
  });

  test('names a missing file and the reason', async () => {
    const path = join(await temporaryFolder(), 'none.npy');
    await expect(readNpy(path, ANY)).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringContaining('no such file'),
    });
  });

  test('never fails but by E_NPY, whatever byte is changed', async () => {
    const good = encodeNpy({ type: '|u1', shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4) });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
        const bytes = good.slice(0, length);
        if (at < length) bytes[at] = value;
        try {
          decodeNpy(bytes, 'x.npy', ANY);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_NPY' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['(9007199254740991, 0, 0, 3)', /it has no elements, and the shape \(9007199254740991, 0, 0, 3\)/],
    ['(0, 9007199254740991)', /it has no elements/],
    [`(${'1, '.repeat(65)})`, /it has 65 axes, more than 64/],
  ])('a shape of %.30s is refused', (shape, message) => {
    const header = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }\n`;
    const start = [0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8];
    expect(() => decodeNpy(Uint8Array.of(...start, ...Buffer.from(header), 0), 'a.npy', { types: ['|u1'] })).toThrow(
      message,
    );
  });
});
