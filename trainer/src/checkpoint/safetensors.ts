import { openPlainFile, systemReason } from '@signwave/data/node';
import { parseJsonText, SignwaveError } from '@signwave/format';

// ╒══════ safetensors file (little-endian) ══════╕
//   0             u64 headerBytes
//   8             headerBytes of JSON, UTF-8, starting with "{", padded with spaces:
//                 { "__metadata__": { text: text }, name: { dtype, shape, data_offsets: [from, to] } }
//   8+headerBytes the tensors, each at its offsets from here, without holes
//
// https://github.com/huggingface/safetensors: the rules checked below are its "must"s.

/** The format's own limit. Larger headers are refused, here as in the library. */
const MAX_HEADER_BYTES = 100_000_000;
/** Each tensor starts at a multiple of this many bytes in the file. */
const ALIGNMENT = 8;
const ELEMENT_BYTES = { F32: 4, I64: 8 } as const;

/** float32, or int64 as PyTorch's step counters are, which is held as int32 here. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their data. */
  readonly tensors: readonly StoredTensor[];
}

interface Entry {
  readonly dtype: keyof typeof ELEMENT_BYTES;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Makes a file of `tensors`, in their order. The same input gives the same bytes. */
export function writeSafetensors({ metadata, tensors }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const entries = new Map<string, Entry>();
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    if (entries.has(name) || name === '__metadata__') throw new Error(`two tensors are called ${name}`);
    if (data.length !== elementsOf(shape))
      throw new Error(`${name} has ${data.length} elements, not (${shape.join(', ')})`);
    const dtype = data instanceof Float32Array ? 'F32' : 'I64';
    const end = offset + data.length * ELEMENT_BYTES[dtype];
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const text = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new Error(`the header would have ${headerBytes} bytes, over the format's limit`);

  const file = new Uint8Array(8 + headerBytes + offset);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(text, 8);
  for (const { name, data } of tensors) {
    const at = 8 + headerBytes + entries.get(name)!.data_offsets[0];
    if (data instanceof Float32Array) data.forEach((value, i) => void view.setFloat32(at + 4 * i, value, true));
    else data.forEach((value, i) => void view.setBigInt64(at + 8 * i, BigInt(value), true));
  }
  return file;
}

/**
 * Read a file of float32 and int64 tensors.
 *
 * @param path for messages.
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` if it is no safetensors file; `E_CHECKPOINT_STRUCTURE` if it breaks one of
 *   the format's rules; `E_CHECKPOINT_TENSOR` for another element type or an int64 beyond 32 bits.
 */
export function readSafetensors(bytes: Uint8Array, path: string): SafetensorsFile {
  const { metadata, rest, dataStart } = readHeader(bytes, path);
  const entries = Object.entries(rest).map(([name, value]) => ({ name, ...entryOf(path, name, value) }));
  entries.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tensors: StoredTensor[] = [];
  let expected = 0;
  for (const { name, dtype, shape, data_offsets } of entries) {
    const [from, to] = data_offsets;
    if (from !== expected) throw damaged(path, `tensor "${name}" starts at byte ${from} of the data, not ${expected}`);
    if (to - from !== elementsOf(shape) * ELEMENT_BYTES[dtype]) {
      throw damaged(path, `tensor "${name}" has ${to - from} bytes, not those of ${dtype} (${shape.join(', ')})`);
    }
    if (dataStart + to > bytes.length) {
      throw damaged(path, `tensor "${name}" ends at byte ${dataStart + to}, but the file has ${bytes.length}`);
    }
    tensors.push({ name, shape, data: readElements(view, dataStart + from, dtype, elementsOf(shape), path, name) });
    expected = to;
  }
  if (dataStart + expected !== bytes.length) {
    throw damaged(path, `its tensors end at byte ${dataStart + expected}, but the file has ${bytes.length}`);
  }
  return { metadata, tensors };
}

/**
 * The metadata of a file, of which only the header is read.
 *
 * @throws {SignwaveError} `E_RESUME` if it can't be read, otherwise as {@link readSafetensors}.
 */
export async function readSafetensorsMetadata(path: string): Promise<SafetensorsFile['metadata']> {
  return readHeader(await headerOf(path), path).metadata;
}

/** The first bytes of a file: its header, or less if the file is shorter. */
async function headerOf(path: string): Promise<Uint8Array> {
  try {
    const { file, sizeBytes } = await openPlainFile(path);
    try {
      const length = new DataView(new ArrayBuffer(8));
      await file.read(length, 0, 8, 0);
      const headerBytes = Math.min(8 + Number(length.getBigUint64(0, true)), 8 + MAX_HEADER_BYTES, sizeBytes);
      const { buffer, bytesRead } = await file.read(new Uint8Array(headerBytes), 0, headerBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new SignwaveError('E_RESUME', `the checkpoint ${path} can't be read: ${systemReason(cause)}`, { cause });
  }
}

interface Header {
  readonly metadata: SafetensorsFile['metadata'];
  /** The tensors, by name. */
  readonly rest: Readonly<Record<string, unknown>>;
  readonly dataStart: number;
}

function readHeader(bytes: Uint8Array, path: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerBytes = bytes.length < 8 ? 0 : Number(view.getBigUint64(0, true));
  if (headerBytes < 2 || bytes[8] !== 0x7b) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${path} is no safetensors file: it doesn't start with a length and "{"`,
    );
  }
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > bytes.length) {
    throw damaged(path, `its header should have ${headerBytes} bytes, but the file has ${bytes.length}`);
  }
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes));
    header = parseJsonText(text);
  } catch (cause) {
    throw damaged(path, `its header is no JSON that is read: ${(cause as Error).message}`);
  }
  const { __metadata__: metadata = {}, ...rest } = header as Record<string, unknown>;
  if (!isTextRecord(metadata)) throw damaged(path, 'its __metadata__ is not an object of texts');
  return { metadata, rest, dataStart: 8 + headerBytes };
}

function entryOf(path: string, name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw damaged(path, `tensor "${name}" lacks a dtype, shape or pair of data_offsets`);
  }
  if (!Object.hasOwn(ELEMENT_BYTES, dtype)) {
    throw new SignwaveError('E_CHECKPOINT_TENSOR', `${path}: tensor "${name}" is ${dtype}, expected F32 or I64`);
  }
  return { dtype: dtype as Entry['dtype'], shape, data_offsets: [offsets[0]!, offsets[1]!] };
}

function readElements(
  view: DataView,
  at: number,
  dtype: Entry['dtype'],
  count: number,
  path: string,
  name: string,
): Float32Array | Int32Array {
  if (dtype === 'F32') return Float32Array.from({ length: count }, (_, i) => view.getFloat32(at + 4 * i, true));
  return Int32Array.from({ length: count }, (_, i) => {
    const value = view.getBigInt64(at + 8 * i, true);
    if (BigInt.asIntN(32, value) === value) return Number(value);
    throw new SignwaveError('E_CHECKPOINT_TENSOR', `${path}: tensor "${name}" holds ${value}, beyond 32 bits`);
  });
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const isTextRecord = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');

const damaged = (path: string, what: string): SignwaveError =>
  new SignwaveError(
    'E_CHECKPOINT_STRUCTURE',
    `${path}: ${what}; it's cut short or damaged, take the checkpoint before it`,
  );
