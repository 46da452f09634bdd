import { type ByteSource, SignwaveError } from '@signwave/format';
import type { Checkpoint, StoredTensor } from './checkpoint.js';
import { DTYPES, type StoredDtype } from './dtypes.js';
import { MAX_STORAGE_BYTES } from './limits.js';
import { networkTensors, type PartOptions } from './network-tensors.js';
import { quote } from './quote.js';
import { parseSafetensorsHeader, readHeaderText, type SafetensorsEntry } from './safetensors-header.js';

/** Element types that are read, by their names in the format. */
const DTYPE_NAMES: ReadonlyMap<string, StoredDtype> = new Map([
  ['F64', 'f64'],
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
  ['I64', 'i64'],
  ['I32', 'i32'],
  ['I16', 'i16'],
  ['I8', 'i8'],
  ['U8', 'u8'],
  ['BOOL', 'bool'],
]);

/** Tensors that a training run stores beside the network so that it can go on later: momentum. */
const OPTIMIZER_PREFIX = 'optimizer.';

/** A safetensors file's tensors under the names they have there, and the strings beside them. */
export interface SafetensorsFile {
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Open a safetensors file that is a checkpoint of its own. @throws {SignwaveError} as `openCheckpoint`. */
export async function openSafetensors(source: ByteSource, part: PartOptions): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(source);
  return safetensorsCheckpoint(source.name, tensors, metadata, part);
}

/** Makes a checkpoint of the tensors of one or several safetensors files. */
export function safetensorsCheckpoint(
  sourceName: string,
  stored: ReadonlyMap<string, StoredTensor>,
  metadata: ReadonlyMap<string, string>,
  part: PartOptions,
): Checkpoint {
  const all = [...stored];
  const optimizer = all.filter(([name]) => name.startsWith(OPTIMIZER_PREFIX));
  const network = new Map(all.filter(([name]) => !name.startsWith(OPTIMIZER_PREFIX)));
  if (network.size === 0) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${sourceName} has no tensors of a network: ${optimizer.length} of an optimizer, ${metadata.size} strings. Save the state dict.`,
    );
  }
  const optimizerBytes = optimizer.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
  const skipped =
    optimizer.length === 0 ? [] : [`${OPTIMIZER_PREFIX}*: ${optimizer.length} tensors, ${optimizerBytes} bytes`];
  const { tensors, notes } = networkTensors(network, part, sourceName);
  return { container: 'safetensors', sourceName, tensors, metadata, skipped: [...skipped, ...notes] };
}

/**
 * Read and check the header of a safetensors file: github.com/huggingface/safetensors, "Format".
 *
 * @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE`, `E_IO`.
 */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { text, dataStartBytes } = await readHeaderText(source);
  const { entries, metadata } = parseSafetensorsHeader(text, source.sizeBytes - dataStartBytes, source.name);
  const tensors = entries.map((entry) => storedTensor(entry, source, dataStartBytes));
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

function storedTensor(entry: SafetensorsEntry, source: ByteSource, dataStartBytes: number): StoredTensor {
  const { name, shape, startBytes, endBytes } = entry;
  const sizeBytes = endBytes - startBytes;
  const refuse = (code: 'E_CHECKPOINT_TENSOR' | 'E_CHECKPOINT_STRUCTURE', what: string): never => {
    throw new SignwaveError(code, `${source.name}: tensor ${quote(name)} ${what}`);
  };
  const dtype = DTYPE_NAMES.get(entry.dtype);
  if (!dtype) {
    const known = [...DTYPE_NAMES.keys()].join(', ');
    const readF32 = async (): Promise<never> =>
      refuse('E_CHECKPOINT_TENSOR', `has elements of type ${quote(entry.dtype)}; read are ${known}`);
    return { name, shape, dtype: entry.dtype, sizeBytes, readF32 };
  }
  const elements = shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1);
  const { sizeBytes: elementBytes, read } = DTYPES[dtype];
  if (elements * elementBytes !== sizeBytes) {
    refuse(
      'E_CHECKPOINT_STRUCTURE',
      `of type ${entry.dtype} and shape (${shape.join(', ')}) needs ${elements * elementBytes} bytes, but has ${sizeBytes}`,
    );
  }
  if (sizeBytes > MAX_STORAGE_BYTES)
    refuse('E_CHECKPOINT_TENSOR', `has ${sizeBytes} bytes, more than ${MAX_STORAGE_BYTES}`);
  return {
    name,
    shape,
    dtype,
    sizeBytes,
    async readF32() {
      const bytes = await source.read(dataStartBytes + startBytes, sizeBytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return Float32Array.from({ length: elements }, (_, i) => read(view, i * elementBytes));
    },
  };
}
