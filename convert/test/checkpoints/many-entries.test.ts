import { bytesSource, crc32 } from '@signwave/format';
import { deflateSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { withoutWrappers } from '../../src/checkpoints/wrapper-prefixes.js';
import { ZipArchive } from '../../src/checkpoints/zip-archive.js';
import { bytes, checkpoint, pickle, tensorPickle, type ZipSpec, zip } from './build.js';

// All of this takes a fraction of a second. Where each name is compared with all others, or each entry read by itself, it takes minutes.

const HEADER = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117)}\n`;
const NPY = bytes('\x93NUMPY', 1, 0, HEADER.length, 0, HEADER, Uint8Array.of(0, 0, 128, 63));

function npz(count: number, data: Uint8Array, claim: ZipSpec['claim'] = {}): Uint8Array {
  return zip(Array.from({ length: count }, (_, i) => ({ name: `part${i}.weight.npy`, data, claim })));
}

/** An archive as `zip` makes it, for counts where that would take long. */
function ofEmptyEntries(count: number): Uint8Array {
  const name = (i: number): string => String(i).padStart(5, '0');
  const template = zip([{ name: name(0), data: bytes() }]);
  const [localBytes, recordBytes] = [35, 51];
  const file = new Uint8Array(count * (localBytes + recordBytes) + 22);
  const view = new DataView(file.buffer);
  const directory = count * localBytes;
  for (let i = 0; i < count; i++) {
    const [local, record] = [i * localBytes, directory + i * recordBytes];
    file.set(template.subarray(0, localBytes), local);
    file.set(template.subarray(localBytes, localBytes + recordBytes), record);
    file.set(bytes(name(i)), local + 30);
    file.set(bytes(name(i)), record + 46);
    view.setUint32(record + 42, local, true);
  }
  file.set(template.subarray(-22), file.length - 22);
  view.setUint16(file.length - 14, count, true);
  view.setUint16(file.length - 12, count, true);
  view.setUint32(file.length - 10, count * recordBytes, true);
  view.setUint32(file.length - 6, directory, true);
  return file;
}

describe('checkpoints of very many small parts open quickly', () => {
  test.each([
    ['stored', npz(2_000, NPY)],
    ['deflated', npz(2_000, deflateSync(NPY), { method: 8, size: NPY.length, crc: crc32(NPY) })],
  ])('2,000 %s arrays, each under a prefix of its own', async (_name, file) => {
    let reads = 0;
    const source = bytesSource(file, 'many.npz');
    const read = (at: number, length: number): Promise<Uint8Array> => {
      reads++;
      return source.read(at, length);
    };
    const opened = await openCheckpoint({ ...source, read });
    expect(opened.tensors.size).toBe(2_000);
    expect(reads).toBeLessThan(100);
    expect(await opened.tensors.get('part1999.weight')!.readF32()).toEqual(Float32Array.of(1));
  });

  test('65,535 entries of an archive', async () => {
    const archive = await ZipArchive.open(bytesSource(ofEmptyEntries(65_535)));
    expect(archive.names).toHaveLength(65_535);
    expect(await archive.read('65534', 0)).toEqual(bytes());
  });

  test('1,000 views of one storage, which is read and checked once', async () => {
    const elements = 2 ** 22;
    const views = Array.from({ length: 1_000 }, (_, offset) => {
      return [`part${offset}.weight`, tensorPickle({ elements, offset, shape: [1], strides: [1] })] as const;
    });
    const values = Float32Array.from({ length: elements }, (_, i) => i);
    const file = checkpoint(pickle.program(pickle.dict(Object.fromEntries(views))), {
      0: new Uint8Array(values.buffer),
    });
    const { tensors } = await openCheckpoint(bytesSource(file));
    for (const [i, tensor] of [...tensors.values()].entries()) expect((await tensor.readF32())[0]).toBe(i);
  });

  test('60,000 names, each with a prefix of its own', () => {
    const names = Array.from({ length: 60_000 }, (_, i) => [`part${i}.${i === 7 ? 'module.' : ''}weight`, i] as const);
    const { tensors, notes } = withoutWrappers(new Map(names));
    expect(notes).toEqual(['prefix "module." removed from every key of "part7."']);
    expect([...tensors].slice(6, 8)).toEqual([
      ['part6.weight', 6],
      ['part7.weight', 7],
    ]);
  });
});
