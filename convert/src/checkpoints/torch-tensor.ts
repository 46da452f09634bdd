import { type ByteSource, SignwaveError } from '@signwave/format';
import type { StoredTensor } from './checkpoint.js';
import { DTYPES, type ReadElement } from './dtypes.js';
import { MAX_EXPANDED_ELEMENTS, MAX_STORAGE_BYTES } from './limits.js';
import { showPath, type TensorRef } from './pickle-values.js';
import { quote } from './quote.js';
import { storageElementBytes } from './torch-globals.js';

/**
 * The storages of a PyTorch checkpoint, by key: flat arrays that its tensors are views of. They are entries of an archive, or parts of one
 * stream.
 */
export interface Storages {
  /** What holds them, for messages. */
  readonly container: 'archive' | 'file';
  /** Size of a storage in bytes, `undefined` if there is none. */
  sizeBytes(key: string): number | undefined;
  /** What to call a storage in messages. */
  label(key: string): string;
  /** @param key of a storage that exists. @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` if its bytes are damaged, `E_IO`. */
  open(key: string): Promise<ByteSource>;
}

/**
 * Check that a tensor lies inside its storage, and the storage inside its container, without reading values. A tensor with elements of a
 * type that isn't read is refused only when its values are asked for, because tensors that the network doesn't use may be of any type.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR`
 */
export function storedTensor(name: string, ref: TensorRef, storages: Storages, sourceName: string): StoredTensor {
  const { storage, dtype, shape, typeName } = ref;
  const elements = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  const refuse = (what: string): never => {
    throw new SignwaveError('E_CHECKPOINT_TENSOR', `${sourceName}: tensor ${quote(name)} ${what}`);
  };
  if (!dtype || !storage.dtype) {
    const sizeBytes = elements * (storageElementBytes(storage) ?? 0);
    const readF32 = async (): Promise<never> => refuse(`has elements of ${showPath(typeName)}, which aren't read`);
    return { name, shape, dtype: typeName, sizeBytes, readF32 };
  }

  const label = storages.label(storage.key);
  const entryBytes = storages.sizeBytes(storage.key);
  const storageBytes = storage.elements * DTYPES[storage.dtype].sizeBytes;
  if (entryBytes === undefined) return refuse(`has its values in ${label}, which the ${storages.container} lacks`);
  if (entryBytes !== storageBytes) {
    refuse(`declares a storage of ${storageBytes} bytes, but ${label} has ${entryBytes}`);
  }
  if (storageBytes > MAX_STORAGE_BYTES)
    refuse(`has a storage of ${storageBytes} bytes, more than ${MAX_STORAGE_BYTES}`);

  const elementBytes = DTYPES[dtype].sizeBytes;
  const capacity = Math.floor(storageBytes / elementBytes);
  const end = endOfView(ref);
  if (elements > 0 && end > capacity) {
    refuse(`needs elements up to ${end} of a storage that has ${capacity}`);
  }
  if (elements > Math.max(capacity, MAX_EXPANDED_ELEMENTS)) {
    refuse(`repeats ${capacity} stored elements to ${elements}; save it with .contiguous()`);
  }
  return {
    name,
    shape,
    dtype,
    sizeBytes: elements * elementBytes,
    async readF32() {
      const opened = await storages.open(storage.key);
      if (elements === 0) return new Float32Array();
      // Many tensors may be views of one storage: each reads its part.
      const bytes = await opened.read(ref.offset * elementBytes, (end - ref.offset) * elementBytes);
      const view = { offset: 0, shape, strides: ref.strides };
      return gather(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), DTYPES[dtype], view, elements);
    },
  };
}

/** One past the last element of the storage that a view touches; strides are never negative. */
function endOfView({ offset, shape, strides }: TensorRef): number {
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, offset) + 1;
}

/** Copy a strided view, row-major. Axes whose elements lie densely are walked as one; the others count like an odometer. */
export function gather(
  storage: DataView,
  { sizeBytes, read }: { readonly sizeBytes: number; readonly read: ReadElement },
  { offset, shape, strides }: Pick<TensorRef, 'offset' | 'shape' | 'strides'>,
  elements: number,
): Float32Array {
  const values = new Float32Array(elements);
  let axis = shape.length;
  let run = 1;
  while (axis > 0 && (strides[axis - 1] === run || shape[axis - 1] === 1)) run *= shape[--axis]!;

  const counter = new Array<number>(axis).fill(0);
  let element = offset;
  for (let filled = 0; filled < elements; filled += run) {
    for (let i = 0; i < run; i++) values[filled + i] = read(storage, (element + i) * sizeBytes);
    for (let a = axis - 1; a >= 0; a--) {
      element += strides[a]!;
      if (++counter[a]! < shape[a]!) break;
      element -= strides[a]! * shape[a]!;
      counter[a] = 0;
    }
  }
  return values;
}
