import { SignwaveError } from '@signwave/format';
import type { Checkpoint, StoredTensor } from './checkpoint.js';
import { DTYPES, type StoredDtype } from './dtypes.js';
import { MAX_AXES, MAX_STORAGE_BYTES } from './limits.js';
import { networkTensors, type PartOptions } from './network-tensors.js';
import { type NpyHeader, readNpyHeader } from './npy-header.js';
import { quote } from './quote.js';
import { gather } from './torch-tensor.js';
import type { ZipArchive } from './zip-archive.js';

/** Element types that are read, in NumPy's notation. */
const DTYPE_NAMES: ReadonlyMap<string, StoredDtype> = new Map([
  ['<f8', 'f64'],
  ['<f4', 'f32'],
  ['<f2', 'f16'],
  ['<i8', 'i64'],
  ['<i4', 'i32'],
  ['<i2', 'i16'],
  ['|i1', 'i8'],
  ['|u1', 'u8'],
  ['|b1', 'bool'],
]);
const SUFFIX = '.npy';
/** The header of an array with {@link MAX_AXES} axes has some 1,500 bytes. */
const START_BYTES = 4_096;

/**
 * Open what `numpy.savez` or `savez_compressed` wrote: an archive with an array for each tensor. Only the arrays' headers are read at
 * first.
 *
 * @throws {SignwaveError} as `openCheckpoint`.
 */
export async function openNpz(archive: ZipArchive, part: PartOptions): Promise<Checkpoint> {
  const { sourceName } = archive;
  const nameOf = (entry: string): string => entry.slice(0, -SUFFIX.length);
  const arrays = new Map<string, StoredTensor>();
  for (const entry of archive.namesInFileOrder) {
    arrays.set(entry, await storedArray(archive, entry, nameOf(entry)));
  }
  const stored = new Map(archive.names.map((entry) => [nameOf(entry), arrays.get(entry)!]));
  const { tensors, notes } = networkTensors(stored, part, sourceName);
  return { container: 'npz', sourceName, tensors, metadata: new Map(), skipped: notes };
}

async function storedArray(archive: ZipArchive, entry: string, name: string): Promise<StoredTensor> {
  const refuse = (code: 'E_CHECKPOINT_TENSOR' | 'E_CHECKPOINT_STRUCTURE', what: string): never => {
    throw new SignwaveError(code, `${archive.sourceName}: array ${quote(name)} ${what}`);
  };
  const { header, dataOffset } = await readHeader(archive, entry, refuse);
  const { descr, fortranOrder, shape } = header;
  if (shape.length > MAX_AXES) refuse('E_CHECKPOINT_TENSOR', `has ${shape.length} axes, more than ${MAX_AXES}`);
  const dtype = DTYPE_NAMES.get(descr);
  if (!dtype) {
    const advice = descr.startsWith('>') ? ': save it in little-endian order' : '';
    const readF32 = async (): Promise<never> =>
      refuse(
        'E_CHECKPOINT_TENSOR',
        `has elements of type ${quote(descr)}; read are ${[...DTYPE_NAMES.keys()].join(', ')}${advice}`,
      );
    return { name, shape, dtype: descr, sizeBytes: archive.sizeBytes(entry)! - dataOffset, readF32 };
  }
  const elements = shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1);
  const { sizeBytes: elementBytes } = DTYPES[dtype];
  const sizeBytes = elements * elementBytes;
  const foundBytes = archive.sizeBytes(entry)! - dataOffset;
  if (foundBytes !== sizeBytes) {
    refuse(
      'E_CHECKPOINT_STRUCTURE',
      `of type ${descr} and shape (${shape.join(', ')}) needs ${sizeBytes} bytes, but has ${foundBytes}`,
    );
  }
  if (sizeBytes > MAX_STORAGE_BYTES) {
    refuse('E_CHECKPOINT_TENSOR', `has ${sizeBytes} bytes, more than ${MAX_STORAGE_BYTES}`);
  }
  const strides = fortranOrder ? stridesOf(shape) : stridesOf([...shape].reverse()).reverse();
  return {
    name,
    shape,
    dtype,
    sizeBytes,
    async readF32() {
      const bytes = await archive.read(entry, MAX_STORAGE_BYTES + dataOffset);
      const view = new DataView(bytes.buffer, bytes.byteOffset + dataOffset, sizeBytes);
      return gather(view, DTYPES[dtype], { offset: 0, shape, strides }, elements);
    },
  };
}

async function readHeader(
  archive: ZipArchive,
  entry: string,
  refuse: (code: 'E_CHECKPOINT_STRUCTURE', what: string) => never,
): Promise<{ header: NpyHeader; dataOffset: number }> {
  const start = await archive.readStart(entry, START_BYTES);
  try {
    return readNpyHeader(start);
  } catch (error) {
    return refuse('E_CHECKPOINT_STRUCTURE', `can't be read: ${(error as Error).message}`);
  }
}

/** Distance in elements between neighbours along each axis of an array whose first axis is the fastest. */
function stridesOf(shape: readonly number[]): number[] {
  let stride = 1;
  return shape.map((side) => {
    const own = stride;
    stride *= side;
    return own;
  });
}
