import { bytesSource, crc32, SignwaveError } from '@signwave/format';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { deflateSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { ZipArchive } from '../../src/checkpoints/zip-archive.js';
import { bytes, checkpoint, pickle, tensorPickle, u32, type ZipSpec, zip } from './build.js';

const open = (archive: Uint8Array) => ZipArchive.open(bytesSource(archive, 'test.pth'));

const structureError = (message: RegExp) => ({
  code: 'E_CHECKPOINT_STRUCTURE',
  message: expect.stringMatching(message),
});

const WEIGHT = { elements: 1000, shape: [1000], strides: [1] };
const STATE = pickle.program(pickle.dict({ weight: tensorPickle(WEIGHT) }));
const VALUES = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));

/** A checkpoint written by zip.js. */
async function zipped(options: ConstructorParameters<typeof ZipWriter>[1]): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, ...options });
  await writer.add('archive/data.pkl', new Uint8ArrayReader(STATE));
  await writer.add('archive/data/0', new Uint8ArrayReader(new Uint8Array(VALUES.buffer)));
  return writer.close();
}

describe('archives', () => {
  test.each([
    ['deflated', { level: 6 }],
    ['zip64', { level: 0, zip64: true }],
    ['without data descriptors', { level: 0, dataDescriptor: false }],
  ])('a %s checkpoint has the same values', async (_name, options) => {
    const { tensors } = await openCheckpoint(bytesSource(await zipped(options)));
    expect(await tensors.get('weight')!.readF32()).toEqual(VALUES);
  });

  test('with the zip64 end records that PyTorch always writes are read, whatever the length of their names', async () => {
    for (let length = 1; length <= 200; length++) {
      const names = ['data.pkl', 'byteorder', 'data/0', 'data/1', 'version'].map(
        (name) => `${'n'.repeat(length)}/${name}`,
      );
      const archive = await open(
        zip(
          names.map((name) => ({ name, data: bytes(name) })),
          { hasZip64End: true },
        ),
      ).catch((error) => expect.fail(`a folder of ${length} characters: ${error}`));
      expect(archive.names).toEqual(names);
      expect(await archive.read(names[2]!, 1000)).toEqual(bytes(names[2]!));
    }
  });

  test('a few bytes after the archive do no harm', async () => {
    const archive = checkpoint(STATE, { 0: new Uint8Array(VALUES.buffer) });
    const { tensors } = await openCheckpoint(bytesSource(bytes(archive, 'some more')));
    expect(await tensors.get('weight')!.readF32()).toEqual(VALUES);
  });

  test('folders are passed over', async () => {
    const archive = await open(
      zip([
        { name: 'a/', data: bytes() },
        { name: 'a/b', data: bytes('x') },
      ]),
    );
    expect(archive.names).toEqual(['a/b']);
    expect(await archive.read('a/b', 1)).toEqual(bytes('x'));
  });
});

describe('sources', () => {
  test('an error of the source is passed on as it is', async () => {
    const broken = new SignwaveError('E_IO', 'the disk is gone');
    const source = { name: 'test.pth', sizeBytes: 1000, read: () => Promise.reject(broken) };
    await expect(ZipArchive.open(source)).rejects.toBe(broken);
  });
});

describe('hostile archives', () => {
  const data = bytes('some content');
  const entry: ZipSpec = { name: 'archive/data.pkl', data };

  test.each<[string, readonly ZipSpec[], RegExp]>([
    ['a duplicate name', [entry, entry], /two entries are named "archive\/data.pkl"/],
    ['a name that leads out', [{ name: '../data.pkl', data }], /named "..\/data.pkl", which leads out/],
    ['an absolute name', [{ name: '/etc/passwd', data }], /leads out/],
    ['a drive letter', [{ name: 'C:\\x', data }], /leads out/],
    ['a backslash path that leads out', [{ name: 'a\\..\\b', data }], /leads out/],
    ['an encrypted entry', [{ ...entry, claim: { flags: 1 } }], /"archive\/data.pkl" is encrypted/],
    ['another method', [{ ...entry, claim: { method: 12 } }], /packed by zip method 12/],
    ['a stored entry of two sizes', [{ ...entry, claim: { size: 2 ** 31 } }], /is stored, yet has 12 bytes/],
    ['a zip bomb', [{ ...entry, claim: { method: 8, size: 2 ** 31 } }], /from 12 to 2147483648 bytes.*zip bomb/],
    ['two entries over the same bytes', [entry, { name: 'b', data, claim: { offset: 0 } }], /overlaps|cut short/],
    ['an entry past the end', [{ ...entry, claim: { size: 1e6, storedSize: 1e6 } }], /cut short/],
  ])('%s is refused', async (_name, specs, message) => {
    await expect(open(zip(specs))).rejects.toMatchObject(structureError(message));
  });

  test('entries that overlap by one byte are refused', async () => {
    const specs = [entry, { name: 'archive/x', data }].map((spec, i) =>
      i === 0 ? { ...spec, claim: { size: 13, storedSize: 13 } } : spec,
    );
    await expect(open(zip(specs))).rejects.toMatchObject(
      structureError(/"archive\/data.pkl" .* overlaps "archive\/x"/),
    );
  });

  test.each<[string, ZipSpec, RegExp]>([
    [
      'a wrong CRC-32',
      { ...entry, claim: { crc: 1 } },
      /CRC-32 of "archive\/data.pkl" doesn't match.*set_crc32_options/,
    ],
    ['another name in the local header', { ...entry, localName: 'archive/data.pkk' }, /local header disagree/],
    ['content over the limit', { ...entry, data: new Uint8Array(101) }, /has 101 bytes, more than the 100 allowed/],
    ['deflated rubbish', { ...entry, claim: { method: 8, size: 13 } }, /damaged zip archive/],
  ])('%s is refused when it is read', async (_name, spec, message) => {
    const archive = await open(zip([spec]));
    await expect(archive.read('archive/data.pkl', 100)).rejects.toMatchObject(structureError(message));
  });

  test.each([
    ['more', 3999],
    ['less', 4001],
  ])('an entry that inflates to %s than it declares is refused', async (_name, declared) => {
    const archive = await zipped({ level: 6, dataDescriptor: false });
    const patched = archive.slice();
    for (let at = 0; at + 4 <= patched.length; at++) {
      if (new DataView(patched.buffer).getUint32(at, true) === 4000) patched.set(u32(declared), at);
    }
    await expect((await open(patched)).read('archive/data/0', 1e6)).rejects.toMatchObject(structureError(/damaged/));
  });

  test('too many entries are refused', async () => {
    const record = bytes('PK\x01\x02', new Uint8Array(42), 'x');
    record[28] = 1;
    const count = 2 ** 16 + 1;
    const directory = new Uint8Array(record.length * count);
    for (let i = 0; i < count; i++) directory.set(record, i * record.length);
    const end = bytes('PK\x05\x06', u32(0), 0xff, 0xff, 0xff, 0xff, u32(directory.length), u32(0), 0, 0);
    const zip64 = new Uint8Array(56 + 20);
    const view = new DataView(zip64.buffer);
    zip64.set(bytes('PK\x06\x06', u32(44)));
    view.setBigUint64(24, BigInt(count), true);
    view.setBigUint64(32, BigInt(count), true);
    view.setBigUint64(40, BigInt(directory.length), true);
    zip64.set(bytes('PK\x06\x07'), 56);
    view.setBigUint64(64, BigInt(directory.length), true);
    view.setUint32(72, 1, true);
    await expect(open(bytes(directory, zip64, end))).rejects.toMatchObject(structureError(/more than 65536 entries/));
  });

  test.each([
    ['encrypted', 0x0001],
    ['a patch', 0x0020],
    ['strongly encrypted', 0x0040],
    ['behind a hidden local header', 0x2000],
  ])('an entry that says it is %s is refused', async (_name, flags) => {
    await expect(open(zip([{ ...entry, claim: { flags } }]))).rejects.toMatchObject(
      structureError(/is encrypted or a/),
    );
  });

  test('an entry whose local header alone says that it is encrypted is refused when it is read', async () => {
    const file = zip([entry]);
    file[6] = 0x40;
    await expect((await open(file)).read(entry.name, 100)).rejects.toMatchObject(structureError(/headers? disagree/));
  });

  describe('that show other entries to other readers', () => {
    const two = [entry, { name: 'archive/version', data: bytes('3') }];
    const endOf = (file: Uint8Array) => new DataView(file.buffer, file.length - 22);

    test('an end record that counts fewer entries than there are', async () => {
      const file = zip(two);
      endOf(file).setUint16(8, 1, true);
      endOf(file).setUint16(10, 1, true);
      await expect(open(file)).rejects.toMatchObject(structureError(/1 entries, but its directory goes on/));
    });

    test('an end record that ends the directory early', async () => {
      const file = zip(two);
      endOf(file).setUint16(8, 1, true);
      endOf(file).setUint16(10, 1, true);
      endOf(file).setUint32(12, endOf(file).getUint32(12, true) - 61, true);
      await expect(open(file)).rejects.toMatchObject(structureError(/its directory should take bytes/));
    });

    test('an end record that counts more', async () => {
      const file = zip(two);
      endOf(file).setUint16(8, 3, true);
      endOf(file).setUint16(10, 3, true);
      await expect(open(file)).rejects.toMatchObject(structureError(/has no record 3/));
    });

    test('two end records that disagree', async () => {
      const file = zip(two, { hasZip64End: true });
      endOf(file).setUint16(8, 1, true);
      endOf(file).setUint16(10, 1, true);
      await expect(open(file)).rejects.toMatchObject(structureError(/two end records disagree/));
    });

    test('an archive in the comment of another', async () => {
      const outer = zip(two);
      const inner = zip([{ name: 'archive/data.pkl', data: bytes('other') }]);
      endOf(inner).setUint32(16, endOf(inner).getUint32(16, true) + outer.length, true);
      endOf(outer).setUint16(20, inner.length, true);
      await expect(open(bytes(outer, inner))).rejects.toMatchObject(
        structureError(/two end records, one in the comment/),
      );
    });

    test('an archive before another', async () => {
      const first = zip(two);
      const second = zip([{ name: 'archive/data.pkl', data, claim: { offset: first.length } }]);
      endOf(second).setUint32(16, endOf(second).getUint32(16, true) + first.length, true);
      await expect(open(bytes(first, second))).rejects.toMatchObject(structureError(/as if it were several archives/));
    });

    test('a second directory for a part of the entries', async () => {
      const whole = zip(two);
      const part = zip([entry]);
      const directory = part.slice(part.length - 22 - (46 + entry.name.length));
      endOf(directory).setUint32(16, whole.length, true);
      await expect(open(bytes(whole, directory))).rejects.toMatchObject(
        structureError(/as if it were several archives/),
      );
    });
  });

  test('an entry that is inflated for one tensor after the other is inflated once', async () => {
    const archive = await open(await zipped({ level: 6 }));
    for (let i = 0; i < 100; i++) {
      const part = await (await archive.open('archive/data/0', 1e6)).read(4 * i, 4);
      expect(part).toEqual(new Uint8Array(VALUES.buffer, 4 * i, 4));
    }
  });

  test('large entries that are inflated in turn, again and again, are refused', async () => {
    const content = new Uint8Array(2 ** 25 + 1);
    const claim = { method: 8, size: content.length, crc: crc32(content) };
    const data = deflateSync(content, { level: 0 });
    const archive = await open(zip(['a/data/0', 'a/data/1'].map((name) => ({ name, data, claim }))));
    const readInTurn = async (): Promise<void> => {
      for (let i = 0; i < 9; i++) await archive.open(`a/data/${i % 2}`, 1e9);
    };
    await expect(readInTurn()).rejects.toMatchObject(structureError(/inflated again and again/));
  });

  test('a directory that claims to be huge is refused before it is read', async () => {
    const small = zip([entry]);
    const source = bytesSource(small, 'test.pth');
    const hugeBytes = 2 ** 32;
    const tail = hugeBytes - small.length;
    const read = async (offset: number, length: number) => {
      const part = new Uint8Array(length);
      const from = Math.max(offset, tail);
      if (offset + length > from) part.set(await source.read(from - tail, offset + length - from), from - offset);
      return part;
    };
    const end = new DataView(small.buffer, small.length - 22);
    end.setUint32(12, 2 ** 31, true);
    end.setUint32(16, 0, true);
    await expect(ZipArchive.open({ name: 'huge.pth', sizeBytes: hugeBytes, read })).rejects.toMatchObject(
      structureError(/its directory has \d+ bytes, more than 16777216/),
    );
  });
});
