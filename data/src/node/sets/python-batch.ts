import { SignwaveError } from '@signwave/format';
import { BufferReader, Parser } from 'pickleparser';

/** A pickled dict whose keys are names. */
export type PythonDict = ReadonlyMap<string, unknown>;

/** A NumPy array of bytes in C order. */
export interface PythonArray {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Decodes a string of Python 2 to one character for each byte, and refuses lengths that lead back in the stream. */
class ByteReader extends BufferReader {
  override string(size: number, encoding: 'ascii' | 'utf-8'): string {
    if (encoding === 'utf-8') return super.string(size, encoding);
    const bytes = this.bytes(size);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }

  override skip(offset: number): void {
    if (offset < 0) throw new Error(`a length of ${offset}`);
    super.skip(offset);
  }
}

/** The arguments of NumPy's `ndarray.__setstate__`. */
class ArrayState {
  shape: unknown;
  type: unknown;
  isFortran: unknown;
  data: unknown;

  __setstate__(state: readonly unknown[]): void {
    [, this.shape, this.type, this.isFortran, this.data] = state;
  }
}

class ElementType {
  constructor(readonly name: unknown) {}

  // The state is the byte order and the like, which bytes don't have.
  __setstate__(): void {}
}

const toBytes = (text: unknown): unknown => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

/**
 * All that a batch of CIFAR names: arrays of NumPy 1 and 2, and bytes as Python 3 writes them in older protocols. Nothing else is called.
 */
const CALLS: ReadonlyMap<string, (...args: readonly unknown[]) => unknown> = new Map(
  Object.entries({
    'numpy.core.multiarray._reconstruct': () => new ArrayState(),
    'numpy._core.multiarray._reconstruct': () => new ArrayState(),
    'numpy.core.numeric._frombuffer': fromBuffer,
    'numpy._core.numeric._frombuffer': fromBuffer,
    'numpy.ndarray': () => undefined,
    'numpy.dtype': (name) => new ElementType(name),
    '_codecs.encode': toBytes,
    'builtins.bytearray': toBytes,
    '__builtin__.bytearray': toBytes,
  } satisfies Record<string, (...args: readonly unknown[]) => unknown>).map(([name, call]) => [
    name,
    Object.freeze(call),
  ]),
);

function fromBuffer(...[data, type, shape, order]: readonly unknown[]): ArrayState {
  const array = new ArrayState();
  array.__setstate__([1, shape, type, order === 'F', data]);
  return array;
}

/**
 * Read a pickled dict: a batch or the names of the Python version of CIFAR, as written by Python 2 or 3. Nothing that the pickle names is
 * called, except what makes NumPy arrays, which is implemented here.
 *
 * @param path for messages.
 * @throws {SignwaveError} `E_DATA` if it is no pickle of a dict, is cut short or names anything else.
 */
export function readPythonDict(bytes: Uint8Array, path: string): PythonDict {
  const parser = new Parser({
    unpicklingTypeOfDictionary: 'Map',
    nameResolver: {
      resolve: (module, name) => {
        const call = CALLS.get(`${module}.${name}`);
        if (call) return call;
        throw new Error(`it names ${module}.${name}, which no batch of CIFAR needs; nothing was executed`);
      },
    },
  });
  try {
    const value: unknown = parser.read(new ByteReader(bytes));
    if (!(value instanceof Map)) throw new Error('it has no dict');
    return new Map([...value].map(([key, item]) => [textOf(key), item]));
  } catch (cause) {
    throw new SignwaveError(
      'E_DATA',
      `${path} is no pickled batch of CIFAR: ${(cause as Error).message}; it's cut short or another file`,
      { cause },
    );
  }
}

/** The text of a string, or of bytes that Python 3 wrote for a string of Python 2. */
export function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

/** @returns undefined unless `value` is an array of bytes in C order, as long as its shape says. */
export function byteArrayOf(value: unknown): PythonArray | undefined {
  if (!(value instanceof ArrayState) || !(value.type instanceof ElementType)) return undefined;
  const bytes = toBytes(value.data);
  const { shape } = value;
  const isSound =
    /^\|?u1$|^B$/.test(textOf(value.type.name)) &&
    value.isFortran === false &&
    bytes instanceof Uint8Array &&
    Array.isArray(shape) &&
    shape.every((size) => Number.isSafeInteger(size)) &&
    bytes.length === shape.reduce((product, size) => product * size, 1);
  return isSound ? { shape, bytes } : undefined;
}
