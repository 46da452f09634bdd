// build.ts — writers of pickle streams and zip archives, honest and hostile, for the tests of this folder.

import { crc32 } from '@signwave/format';

type Piece = number | string | Uint8Array;

/** Concatenate bytes: a number is one byte, a string its characters' codes. */
export function bytes(...pieces: readonly Piece[]): Uint8Array {
  const parts = pieces.map((piece) =>
    typeof piece === 'number'
      ? Uint8Array.of(piece)
      : typeof piece === 'string'
        ? Uint8Array.from(piece, (c) => c.charCodeAt(0))
        : piece,
  );
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, value >>> 8);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

export function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}

/** Pickle opcodes by what they build. */
export const pickle = {
  int: (value: number) => bytes(0x8a, 8, u64(value)),
  text: (value: string) => {
    const utf8 = new TextEncoder().encode(value);
    return bytes('X', u32(utf8.length), utf8);
  },
  global: (module: string, name: string) => bytes('c', module, '\n', name, '\n'),
  latin1: (value: string) => bytes('U', value.length, value),
  list: (...items: Piece[]) => bytes('](', ...items, 'e'),
  tuple: (...items: Piece[]) => bytes('(', ...items, 't'),
  call: (module: string, name: string, ...args: Piece[]) =>
    bytes(pickle.global(module, name), pickle.tuple(...args), 'R'),
  dict: (entries: Readonly<Record<string, Piece>>) =>
    bytes('}(', ...Object.entries(entries).flatMap(([key, value]) => [pickle.text(key), value]), 'u'),
  program: (...body: Piece[]) => bytes(0x80, 2, ...body, '.'),
};

export interface TensorSpec {
  readonly key?: string;
  readonly storageClass?: string;
  /** Elements of the storage. */
  readonly elements: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** `_rebuild_tensor_v2` of a persistent storage, as torch.save writes it. */
export function tensorPickle(spec: TensorSpec): Uint8Array {
  const { key = '0', storageClass = 'FloatStorage', elements, offset = 0, shape, strides } = spec;
  const { text, int, global, tuple, call } = pickle;
  const storage = bytes(
    tuple(text('storage'), global('torch', storageClass), text(key), text('cpu'), int(elements)),
    'Q',
  );
  const hooks = bytes(global('collections', 'OrderedDict'), ')R');
  return call(
    'torch._utils',
    '_rebuild_tensor_v2',
    storage,
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    0x89,
    hooks,
  );
}

export interface ZipSpec {
  readonly name: string;
  readonly data: Uint8Array;
  /** What the directory claims instead of the truth. */
  readonly claim?: {
    readonly crc?: number;
    readonly size?: number;
    readonly storedSize?: number;
    readonly method?: number;
    readonly flags?: number;
    readonly offset?: number;
  };
  /** Name in the local header, if it's another. */
  readonly localName?: string;
}

/** A zip archive of stored entries. @param options.hasZip64End with zip64 end records that nothing needs, as PyTorch writes them. */
export function zip(specs: readonly ZipSpec[], options: { readonly hasZip64End?: boolean } = {}): Uint8Array {
  const locals: Uint8Array[] = [];
  const records: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data, claim = {}, localName = name } of specs) {
    const size = claim.size ?? data.length;
    const storedSize = claim.storedSize ?? data.length;
    const crc = u32(claim.crc ?? crc32(data));
    const version = u16(20);
    const method = u16(claim.method ?? 0);
    const flags = u16(claim.flags ?? 0);
    const common = (path: string) =>
      bytes(version, flags, method, u32(0), crc, u32(storedSize), u32(size), u16(path.length), u16(0));
    const local = bytes('PK\x03\x04', common(localName), localName, data);
    const attributes = bytes(u16(0), u16(0), u16(0), u32(0), u32(claim.offset ?? offset));
    records.push(bytes('PK\x01\x02', version, common(name), attributes, name));
    locals.push(local);
    offset += local.length;
  }
  const directory = bytes(...records);
  const counts = bytes(u16(0), u16(0), u16(specs.length), u16(specs.length));
  const sizes = [specs.length, specs.length, directory.length, offset].map(u64);
  const record = bytes('PK\x06\x06', u64(44), u16(45), u16(45), u32(0), u32(0), ...sizes);
  const locator = bytes('PK\x06\x07', u32(0), u64(offset + directory.length), u32(1));
  const zip64 = options.hasZip64End ? bytes(record, locator) : bytes();
  return bytes(...locals, directory, zip64, 'PK\x05\x06', counts, u32(directory.length), u32(offset), u16(0));
}

/** A checkpoint as torch.save lays it out, with a pickle and the storages it refers to. */
export function checkpoint(
  dataPickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  more: readonly ZipSpec[] = [],
): Uint8Array {
  return zip([
    { name: 'archive/data.pkl', data: dataPickle },
    { name: 'archive/byteorder', data: bytes('little') },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
    ...more,
    { name: 'archive/version', data: bytes('3\n') },
  ]);
}

/** The long that a stream of the legacy format starts with. */
const LEGACY_MAGIC = bytes(0x8a, 10, Uint8Array.of(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19));

/** A checkpoint of PyTorch's legacy format, honest unless `lies` says otherwise. */
export function legacyCheckpoint(
  object: Uint8Array,
  storages: readonly { readonly key: string; readonly elements: number; readonly data: Uint8Array }[],
  lies: { readonly version?: number; readonly littleEndian?: boolean; readonly keys?: readonly string[] } = {},
): Uint8Array {
  const { program, int, text, dict } = pickle;
  const { version = 1001, littleEndian = true, keys = storages.map(({ key }) => key) } = lies;
  return bytes(
    program(LEGACY_MAGIC),
    program(int(version)),
    program(dict({ protocol_version: int(1001), little_endian: littleEndian ? 0x88 : 0x89 })),
    object,
    program('](', ...keys.map(text), 'e'),
    ...storages.flatMap(({ elements, data }) => [u64(elements), data]),
  );
}

/** An `.npy` file. @param header the text of its header, without padding. */
export function npyFile(header: string, data: Uint8Array): Uint8Array {
  return bytes(0x93, 'NUMPY', 1, 0, u16(header.length + 1), header, 10, data);
}

/** A checkpoint whose state dict has one tensor, `weight`, over one storage. */
export function oneTensor(spec: TensorSpec, storage: Uint8Array): Uint8Array {
  const state = pickle.program(pickle.dict({ weight: tensorPickle(spec) }));
  return checkpoint(state, { [spec.key ?? '0']: storage });
}

/** A seeded generator of integers in [0, n): xorshift32, so that a failure can be repeated from the printed seed. */
export function seededInts(seed: number): (n: number) => number {
  let state = seed | 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}
