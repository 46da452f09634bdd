import { readNpyHeader } from '@signwave/convert';
import { SignwaveError } from '@signwave/format';

// ╒═══════════════ .npy file (numpy.lib.format), versions 1.0, 2.0, 3.0 ═══════════════╕
//   0   93 'N' 'U' 'M' 'P' 'Y'
//   6   major, minor version
//   8   header length in bytes: u16 in version 1, u32 in 2 and 3 (little-endian)
//   10 or 12   header: a Python dict literal, spaces, "\n", so that the data is 64-byte aligned
//   then the elements, row-major (C order), little-endian

/** The supported element types, named as in the file, and the array class of each. */
interface NpyArrays {
  '|u1': Uint8Array;
  '<i2': Int16Array;
  '<i4': Int32Array;
  '<f4': Float32Array;
  '<f8': Float64Array;
  '<i8': BigInt64Array;
}

export type NpyType = keyof NpyArrays;

const TYPES: { readonly [T in NpyType]: new (buffer: ArrayBuffer) => NpyArrays[T] } = {
  '|u1': Uint8Array,
  '<i2': Int16Array,
  '<i4': Int32Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
  '<i8': BigInt64Array,
};
const ELEMENT_BYTES: Readonly<Record<NpyType, number>> = { '|u1': 1, '<i2': 2, '<i4': 4, '<f4': 4, '<f8': 8, '<i8': 8 };

const MAGIC = '\x93NUMPY';
const HEADER_ALIGNMENT_BYTES = 64;
/** NumPy's own limit. */
const MAX_AXES = 64;
const MAX_SIDE_OF_NOTHING = 2 ** 31;

/** An array of any number of dimensions. A union over `T`: testing `type` tells what `data` is. */
export type NpyArray<T extends NpyType = NpyType> = {
  [K in T]: {
    readonly type: K;
    readonly shape: readonly number[];
    /** Elements in row-major order of `shape`. */
    readonly data: NpyArrays[K];
  };
}[T];

/** What a caller accepts. */
export interface NpyExpectation<T extends NpyType> {
  readonly types: readonly T[];
  /** Size of each dimension, null for any size. Absent: any shape. */
  readonly shape?: readonly (number | null)[];
}

/**
 * Decodes the bytes of an `.npy` file, which must have the expected shape and one of the expected types. The array shares no memory with
 * the bytes.
 *
 * @param name what messages call the file.
 * @throws {SignwaveError} `E_NPY` if it is malformed, cut short, in Fortran order, or of another type or shape, with what was found and
 *   expected.
 */
export function decodeNpy<T extends NpyType>(
  bytes: Uint8Array,
  name: string,
  expected: NpyExpectation<T>,
): NpyArray<T> {
  try {
    const { header, dataOffset } = readNpyHeader(bytes);
    const type = expected.types.find((type) => type === header.descr);
    if (type === undefined) {
      throw new Error(
        `its element type is ${header.descr}, expected ${expected.types.join(' or ')}${typeAdvice(header.descr)}`,
      );
    }
    if (header.fortranOrder) {
      throw new Error('it is in Fortran order, expected C order; save it with numpy.ascontiguousarray(a)');
    }
    if (header.shape.length > MAX_AXES) throw new Error(`it has ${header.shape.length} axes, more than ${MAX_AXES}`);
    checkShape(header.shape, expected.shape);
    // An array without elements takes no bytes, so its other sides could be anything.
    if (header.shape.includes(0) && header.shape.some((size) => size > MAX_SIDE_OF_NOTHING)) {
      throw new Error(`it has no elements, and the shape ${shapeText(header.shape)}`);
    }
    const wantedBytes = header.shape.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
    if (bytes.length - dataOffset !== wantedBytes) {
      throw new Error(
        `${header.descr} ${shapeText(header.shape)} needs ${wantedBytes} bytes after the header, ` +
          `but there are ${bytes.length - dataOffset}; it's cut short or damaged`,
      );
    }
    // Copied, because elements of typed arrays must be aligned in memory.
    const data = new TYPES[type](Uint8Array.from(bytes.subarray(dataOffset)).buffer);
    return { type, shape: header.shape, data } as NpyArray<T>;
  } catch (cause) {
    throw new SignwaveError('E_NPY', `${name}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Encodes an `.npy` file of version 1.0, with the same bytes that `numpy.save` writes.
 *
 * @throws {SignwaveError} `E_NPY` if the shape doesn't match the data.
 */
export function encodeNpy({ type, shape, data }: NpyArray): Uint8Array {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== data.length) {
    throw new SignwaveError(
      'E_NPY',
      `an array of shape ${shapeText(shape)} has ${elements} elements, but ${data.length} were given`,
    );
  }
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': ${shapeText(shape)}, }`;
  const prefixBytes = MAGIC.length + 4;
  const dataOffset = Math.ceil((prefixBytes + dict.length + 1) / HEADER_ALIGNMENT_BYTES) * HEADER_ALIGNMENT_BYTES;
  const header = `${dict.padEnd(dataOffset - prefixBytes - 1)}\n`;

  const bytes = new Uint8Array(dataOffset + data.byteLength);
  bytes.set(latin1(MAGIC));
  bytes.set([1, 0, header.length & 0xff, header.length >> 8], MAGIC.length);
  bytes.set(latin1(header), prefixBytes);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataOffset);
  return bytes;
}

/** Encodes text whose characters are all below 256, a byte for each. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function checkShape(found: readonly number[], expected: readonly (number | null)[] | undefined): void {
  if (expected === undefined) return;
  const fits = found.length === expected.length && expected.every((size, i) => size === null || size === found[i]);
  if (!fits) throw new Error(`its shape is ${shapeText(found)}, expected ${shapeText(expected)}`);
}

/** Writes a shape as Python does: (), (3,), (3, 4). A null size becomes "any". */
function shapeText(shape: readonly (number | null)[]): string {
  const sizes = shape.map((size) => size ?? 'any').join(', ');
  return shape.length === 1 ? `(${sizes},)` : `(${sizes})`;
}

function typeAdvice(descr: string): string {
  return descr.startsWith('>') ? '; it is big-endian: save it with a.astype(a.dtype.newbyteorder("<"))' : '';
}
