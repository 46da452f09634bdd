import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { bytes } from './build.js';
import { entry, floatFile, safetensors } from './build-safetensors.js';

const open = (file: Uint8Array, name = 'test.safetensors') => openCheckpoint(bytesSource(file, name));
const ONE = { shape: [1], values: Float32Array.of(1) };

/** Header and data of one tensor `w`. */
const oneTensor = (dtype: string, shape: readonly number[], data: Uint8Array) =>
  safetensors({ w: entry(dtype, shape, 0, data.length) }, data);

describe('a safetensors file', () => {
  test('gives its tensors in the order of the data, and the strings of __metadata__', async () => {
    const file = safetensors(
      { b: entry('F32', [2, 1], 4, 12), __metadata__: { omega0: '20', format: 'pt' }, a: entry('F32', [], 0, 4) },
      new Uint8Array(Float32Array.of(1, 2, 3).buffer),
    );
    const { container, tensors, metadata, skipped } = await open(file);
    expect(container).toBe('safetensors');
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(tensors.get('b')).toMatchObject({ name: 'b', shape: [2, 1], dtype: 'f32', sizeBytes: 8 });
    expect(await tensors.get('b')!.readF32()).toEqual(Float32Array.of(2, 3));
    expect(await tensors.get('a')!.readF32()).toEqual(Float32Array.of(1));
    expect([...metadata]).toEqual([
      ['omega0', '20'],
      ['format', 'pt'],
    ]);
    expect(skipped).toEqual([]);
  });

  test('is known by its content under any name', async () => {
    expect((await open(floatFile(new Map([['w', ONE]])), 'download')).container).toBe('safetensors');
  });

  test('is known by its name where its length field looks like a gzip archive', async () => {
    const header = JSON.stringify({ w: entry('U8', [0], 0, 0) }).padEnd(0x8b1f);
    expect([...(await open(safetensors(header))).tensors.keys()]).toEqual(['w']);
  });

  test.each([
    ['F64', Float64Array.of(-1.5, 0.1), [-1.5, Math.fround(0.1)]],
    ['F32', Float32Array.of(-1.5, Number.NaN), [-1.5, Number.NaN]],
    ['F16', Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ['BF16', Uint16Array.of(0x3f80, 0xbfc0), [1, -1.5]],
    ['I64', BigInt64Array.of(-3n, 2n ** 40n), [-3, 2 ** 40]],
    ['I32', Int32Array.of(-3, 2 ** 30), [-3, 2 ** 30]],
    ['I16', Int16Array.of(-3, 300), [-3, 300]],
    ['I8', Int8Array.of(-3, 127), [-3, 127]],
    ['U8', Uint8Array.of(3, 255), [3, 255]],
    ['BOOL', Uint8Array.of(0, 1), [0, 1]],
  ])('may have elements of type %s', async (dtype, data, expected) => {
    const { tensors } = await open(oneTensor(dtype, [2], new Uint8Array(data.buffer)));
    expect([...(await tensors.get('w')!.readF32())]).toEqual(expected);
  });

  test('may have data that isn’t aligned', async () => {
    const data = bytes(7, new Uint8Array(Float32Array.of(42).buffer));
    const { tensors } = await open(safetensors({ u: entry('U8', [1], 0, 1), w: entry('F32', [1], 1, 5) }, data));
    expect([...(await tensors.get('w')!.readF32())]).toEqual([42]);
  });

  test('may have tensors without elements anywhere', async () => {
    const header = { e: entry('F32', [0, 5], 4, 4), w: entry('F32', [1], 0, 4), s: entry('F32', [3, 0], 0, 0) };
    const { tensors } = await open(safetensors(header, new Uint8Array(4)));
    expect([...tensors.keys()]).toEqual(['s', 'w', 'e']);
    expect(await tensors.get('e')!.readF32()).toHaveLength(0);
  });

  test('may have a header padded with spaces', async () => {
    expect((await open(safetensors(`${JSON.stringify({ w: entry('U8', [0], 0, 0) })}      `))).tensors.size).toBe(1);
  });

  test('loses the DataParallel prefix, and what an optimizer kept, and says so', async () => {
    const names = ['module.a', 'module.b', 'optimizer.a.momentum', 'optimizer.b.momentum'];
    const { tensors, skipped } = await open(floatFile(new Map(names.map((name) => [name, ONE]))));
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(skipped).toEqual(['optimizer.*: 2 tensors, 8 bytes', 'prefix "module." removed from every key']);
  });

  test('is read by ranges: the header at once, values when they are asked for', async () => {
    const file = floatFile(
      new Map([
        ['a', ONE],
        ['b', { shape: [1000], values: new Float32Array(1000) }],
      ]),
    );
    const reads: [number, number][] = [];
    const inner = bytesSource(file, 'watched.safetensors');
    const { tensors } = await openCheckpoint({
      ...inner,
      read: (offset, length) => {
        reads.push([offset, length]);
        return inner.read(offset, length);
      },
    });
    const headerBytes = file.length - 4004;
    expect(reads.slice(1)).toEqual([
      [0, 8],
      [8, headerBytes - 8],
    ]);
    await tensors.get('a')!.readF32();
    expect(reads.at(-1)).toEqual([headerBytes, 4]);
  });
});

describe('a hostile safetensors file', () => {
  const W = entry('F32', [1], 0, 4);
  const DATA = new Uint8Array(4);
  const withEntry = (change: object) => safetensors({ w: { ...W, ...change } }, DATA);

  test.each<[string, Uint8Array, RegExp]>([
    ['with a header of 4 GB', safetensors({ w: W }, DATA, 2 ** 32), /claims 4294967296 bytes; the format allows/],
    ['with the longest header', bytes(new Uint8Array(8).fill(255), '{}'), /claims 18446744073709551615 bytes/],
    ['with a header one byte longer than the file', safetensors('{}', undefined, 3), /claims 3 bytes, the file has 10/],
    ['without a header', safetensors('', undefined, 0), /doesn’t begin with "\{"/],
    ['of five bytes', bytes(1, 2, 3, 4, 5), /it has 5 bytes/],
    ['with a header that begins with a space', safetensors(' {}'), /doesn’t begin with "\{"/],
    ['with half a header', safetensors('{"w":{"dtype":'), /a value is missing at character 14/],
    ['with two headers', safetensors('{}{}'), /more text after the value/],
    ['with a header padded with zero bytes', safetensors('{}\0\0'), /more text after the value/],
    ['with a header that isn’t UTF-8', bytes(4, new Uint8Array(7), '{"\xff"'), /not UTF-8/],
    [
      'with a name twice',
      safetensors(`{"w":${JSON.stringify(W)},"w":${JSON.stringify(W)}}`, DATA),
      /"w" is there twice/,
    ],
    [
      'with a dtype twice',
      safetensors('{"w":{"dtype":"F32","dtype":"F64","shape":[],"data_offsets":[0,4]}}', DATA),
      /"dtype" is there twice/,
    ],
    ['with deep JSON', safetensors(`{"w":${'['.repeat(100_000)}`), /nested deeper/],
    ['with a tensor that is no object', safetensors({ w: [1] }), /described by no object/],
    ['without dtype', safetensors({ w: { shape: [], data_offsets: [0, 4] } }, DATA), /"dtype" that is no string/],
    ['with a dtype that is a number', withEntry({ dtype: 4 }), /"dtype" that is no string/],
    ['without shape', safetensors({ w: { dtype: 'F32', data_offsets: [0, 4] } }, DATA), /"shape" that is no list/],
    ['with a negative side', withEntry({ shape: [-1] }), /"shape" that is no list of sizes/],
    ['with half a side', withEntry({ shape: [0.5] }), /"shape" that is no list of sizes/],
    ['with sides of which one is beyond 2^53', withEntry({ shape: [2 ** 60] }), /"shape" that is no list of sizes/],
    [
      'with sides whose product overflows',
      withEntry({ shape: new Array(20).fill(2 ** 50) }),
      /needs \d\.\d+e\+30\d bytes/,
    ],
    ['with 65 axes', withEntry({ shape: new Array(65).fill(1) }), /65 axes/],
    ['with one offset', withEntry({ data_offsets: [0] }), /not two sizes/],
    ['with three offsets', withEntry({ data_offsets: [0, 4, 4] }), /not two sizes/],
    ['with offsets as text', withEntry({ data_offsets: ['0', '4'] }), /not two sizes/],
    ['with a negative offset', withEntry({ data_offsets: [-4, 4] }), /not two sizes/],
    [
      'with a NaN offset',
      safetensors('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,NaN]}}', DATA),
      /no JSON value starts here/,
    ],
    ['with null for an offset', withEntry({ data_offsets: [0, null] }), /not two sizes/],
    [
      'with an offset in exponent notation',
      safetensors('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4e0]}}', DATA),
      /not two sizes/,
    ],
    [
      'with an offset of a million digits',
      safetensors(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,${'9'.repeat(1e6)}]}}`),
      /a number of 1000000 characters/,
    ],
    ['with data that run backwards', withEntry({ data_offsets: [4, 0] }), /from 4 back to 0/],
    ['with data past the end', withEntry({ shape: [2], data_offsets: [0, 8] }), /up to byte 8, and there are 4/],
    ['with data far past the end', withEntry({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }), /and there are 4/],
    ['with data of another size than its shape', withEntry({ shape: [2] }), /shape \(2\) needs 8 bytes, but has 4/],
    ['with data of another size than its dtype', withEntry({ dtype: 'F64' }), /needs 8 bytes, but has 4/],
    [
      'with overlapping tensors',
      safetensors({ a: entry('U8', [3], 0, 3), b: entry('U8', [2], 2, 4) }, DATA),
      /"a" and "b" overlap/,
    ],
    ['with two tensors over the same bytes', safetensors({ a: W, b: W }, DATA), /"a" and "b" overlap/],
    ['with a tensor inside another', safetensors({ a: W, b: entry('U8', [1], 1, 2) }, DATA), /"a" and "b" overlap/],
    [
      'with a hole at the beginning',
      safetensors({ w: entry('U8', [2], 2, 4) }, DATA),
      /bytes 0\.\.2 .* belong to no tensor/,
    ],
    [
      'with a hole between tensors',
      safetensors({ a: entry('U8', [1], 0, 1), b: entry('U8', [2], 2, 4) }, DATA),
      /bytes 1\.\.2 of the data, before "b"/,
    ],
    [
      'with bytes after the last tensor',
      safetensors({ w: entry('U8', [3], 0, 3) }, DATA),
      /bytes 3\.\.4 of the data, at the end/,
    ],
    ['with __metadata__ that is a list', safetensors({ __metadata__: [], w: W }, DATA), /__metadata__ is no object/],
    [
      'with a number in __metadata__',
      safetensors({ __metadata__: { epoch: 3 }, w: W }, DATA),
      /"epoch", which is no string/,
    ],
  ])('%s is refused', async (_name, file, message) => {
    await expect(open(file)).rejects.toMatchObject({
      code: 'E_CHECKPOINT_STRUCTURE',
      message: expect.stringMatching(message),
    });
  });

  test('with 70,000 tensors is refused', async () => {
    const names = Array.from({ length: 70_000 }, (_, i) => [`t${i}`, entry('U8', [0], 0, 0)]);
    await expect(open(safetensors(Object.fromEntries(names)))).rejects.toThrow('more than 65536 tensors');
  });

  test('with a name that drives a terminal is refused with that name escaped', async () => {
    const error = await open(safetensors({ '\x1b[2J\x9b': W })).catch((e: Error) => e);
    expect((error as Error).message).toContain('"\\u001b[2J\\u009b"');
  });

  test('with an element type that isn’t read is refused by the tensor’s name when it is read', async () => {
    const { tensors } = await open(oneTensor('F8_E4M3', [4], DATA));
    expect(tensors.get('w')).toMatchObject({ dtype: 'F8_E4M3', shape: [4], sizeBytes: 4 });
    await expect(tensors.get('w')!.readF32()).rejects.toMatchObject({
      code: 'E_CHECKPOINT_TENSOR',
      message: expect.stringMatching(/"w" has elements of type "F8_E4M3"; read are F64, F32/),
    });
  });

  test('with a tensor of more than 2 GiB is refused before it is read', async () => {
    const sizeBytes = 2 ** 31 + 4;
    const header = safetensors(JSON.stringify({ w: entry('F32', [sizeBytes / 4], 0, sizeBytes) }).padEnd(512));
    const huge = { ...bytesSource(header, 'huge.safetensors'), sizeBytes: header.length + sizeBytes };
    await expect(openCheckpoint(huge)).rejects.toMatchObject({ code: 'E_CHECKPOINT_TENSOR' });
  });

  test.each([
    ['nothing', {}],
    ['only an optimizer', { 'optimizer.w': W }],
  ])('with %s in it is no checkpoint', async (_name, header) => {
    const file = safetensors(header, Object.keys(header).length > 0 ? DATA : undefined);
    await expect(open(file)).rejects.toMatchObject({ code: 'E_CHECKPOINT_KIND' });
  });
});
