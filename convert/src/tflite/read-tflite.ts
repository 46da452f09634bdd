import { type ByteSource, SignwaveError } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import { FlatBuffer, type FlatTable } from './flatbuffer.js';
import { readFlexIntegers } from './flexbuffer.js';
import {
  MAX_CUSTOM_OPTION_BYTES,
  MAX_TFLITE_AXES,
  MAX_TFLITE_BYTES,
  MAX_TFLITE_OPERANDS,
  MAX_TFLITE_SCALES,
  MAX_TFLITE_TABLES,
  MAX_TFLITE_TOTAL_SCALES,
} from './limits.js';
import { type BuiltinOptions, CUSTOM, elementBytes, OPTIONS, operatorName, typeName } from './schema.js';

/** A tensor of the file: a constant, or a map that an operator makes. */
export interface TfliteTensor {
  readonly index: number;
  /** As the file has it; empty if it has none. */
  readonly name: string;
  readonly shape: readonly number[];
  /** `float32`, `int32`, ... or `type 17` for one that has no name here. */
  readonly type: string;
  /** The elements, little-endian; absent for what is computed. */
  readonly data?: Uint8Array;
  /** Whether numbers stand for others by a scale. */
  readonly isQuantized: boolean;
}

export interface TfliteOperator {
  readonly index: number;
  /** `CONV_2D`, `LceBconv2d`, ... */
  readonly kind: string;
  /** Indices of tensors; -1: absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Of an operator of TensorFlow Lite's own. */
  readonly options: BuiltinOptions;
  /** Of an operator with a name of its own. */
  readonly customOptions: ReadonlyMap<string, number>;
}

/** What a `.tflite` holds: the one network in it. */
export interface TfliteModel {
  /** Name of the file, for messages. */
  readonly sourceName: string;
  /** What wrote it, such as "MLIR Converted."; empty if it doesn't say. */
  readonly description: string;
  readonly tensors: readonly TfliteTensor[];
  /** In the order in which they run. */
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const SCHEMA_VERSION = 3;
/** Names of Larq Compute Engine's operators begin so; only their options are known. */
const LCE = 'Lce';

/**
 * Read a TensorFlow Lite file: its structure, options and constants, which stay views of the file's bytes. Every offset is checked
 * before it is followed.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` if it is damaged or above a limit, `E_CHECKPOINT_KIND` if it is of a kind that isn't
 *   read, `E_IO` if the source can't be read.
 */
export async function readTflite(source: ByteSource): Promise<TfliteModel> {
  const { name, sizeBytes } = source;
  if (sizeBytes > MAX_TFLITE_BYTES) {
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `${name} has ${sizeBytes} bytes, at most ${MAX_TFLITE_BYTES} are read`,
    );
  }
  const file = new FlatBuffer(await source.read(0, sizeBytes), name);
  if (String.fromCharCode(...file.bytes.subarray(4, 8)) !== 'TFL3') {
    throw new SignwaveError('E_CHECKPOINT_KIND', `${name} is no TensorFlow Lite model: bytes 4 to 8 aren't "TFL3"`);
  }
  const root = file.root('the model');
  const version = root.uint32(0, 'version');
  if (version !== SCHEMA_VERSION) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${name} is of TensorFlow Lite's schema ${version}, only ${SCHEMA_VERSION} is read`,
    );
  }
  const kinds = root.tables(1, MAX_TFLITE_TABLES, 'operator_codes').map((code) => kindOf(code));
  const [graph, ...more] = root.tables(2, MAX_TFLITE_TABLES, 'subgraphs');
  if (!graph || more.length > 0) {
    throw new SignwaveError('E_CHECKPOINT_KIND', `${name} holds ${graph ? more.length + 1 : 0} networks, expected one`);
  }
  const buffers = root.tables(4, MAX_TFLITE_TABLES, 'buffers').map((buffer) => dataOf(buffer, name));
  const scales = { left: MAX_TFLITE_TOTAL_SCALES };
  const tensors = graph
    .tables(0, MAX_TFLITE_TABLES, 'tensors')
    .map((tensor, index) => readTensor(tensor, index, buffers, scales));
  const ends = (slot: number, what: string): number[] => {
    const indices = graph.int32s(slot, MAX_TFLITE_OPERANDS, what);
    checkIndices(indices, 0, tensors.length, (problem) => graph.fail(`${what}: ${problem}`));
    return indices;
  };
  return {
    sourceName: name,
    description: root.text(3, 'description') ?? '',
    tensors,
    operators: graph
      .tables(3, MAX_TFLITE_TABLES, 'operators')
      .map((operator, index) => readOperator(operator, index, kinds, tensors.length)),
    inputs: ends(1, 'inputs'),
    outputs: ends(2, 'outputs'),
  };
}

/** Files from before 2020 have the number in a byte, which later ones fill too as far as it goes. */
function kindOf(code: FlatTable): string {
  const number = Math.max(code.uint8(0, 'deprecated_builtin_code'), code.int32(3, 'builtin_code'));
  if (number !== CUSTOM) return operatorName(number);
  return code.text(1, 'custom_code') ?? code.fail('is a custom operator without a name');
}

function dataOf(buffer: FlatTable, sourceName: string): Uint8Array {
  // Files above 2 GiB keep data behind the tables; 1 is what the writer puts in before it knows the place.
  if (buffer.uint64(1, 'offset') > 1n) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${sourceName} keeps weights outside its tables (files above 2 GiB do), which isn't read`,
    );
  }
  return buffer.bytes(0, MAX_TFLITE_BYTES, 'data') ?? new Uint8Array(0);
}

function readTensor(
  table: FlatTable,
  index: number,
  buffers: readonly Uint8Array[],
  scales: { left: number },
): TfliteTensor {
  const shape = table.int32s(0, MAX_TFLITE_AXES, 'shape');
  const name = table.text(3, 'name') ?? '';
  const fail = (what: string): never => table.fail(`(${quote(name)}) ${what}`);
  const type = typeName(table.uint8(1, 'type'));
  const bufferIndex = table.uint32(2, 'buffer');
  const data = buffers[bufferIndex] ?? fail(`is in buffer ${bufferIndex}, the file has ${buffers.length}`);
  if (shape.some((side) => side < 0)) fail(`has the shape (${shape.join(', ')})`);
  if (data.length > 0) {
    const size = elementBytes(type);
    const needed = shape.reduce((product, side) => product * side, 1) * (size ?? 0);
    if (size !== undefined && needed !== data.length) {
      fail(`has ${data.length} bytes of data, its ${type} elements of shape (${shape.join(', ')}) need ${needed}`);
    }
  }
  const quantization = table.table(4, 'quantization');
  const found = quantization?.float32s(2, MAX_TFLITE_SCALES, 'scale') ?? [];
  scales.left -= found.length;
  if (scales.left < 0) fail(`is one of tensors with more than ${MAX_TFLITE_TOTAL_SCALES} scales together`);
  return { index, name, shape, type, isQuantized: found.length > 0, ...(data.length > 0 && { data }) };
}

function readOperator(table: FlatTable, index: number, kinds: readonly string[], tensorCount: number): TfliteOperator {
  const code = table.uint32(0, 'opcode_index');
  const kind = kinds[code] ?? table.fail(`is of operator code ${code}, the file has ${kinds.length}`);
  const inputs = table.int32s(1, MAX_TFLITE_OPERANDS, 'inputs');
  const outputs = table.int32s(2, MAX_TFLITE_OPERANDS, 'outputs');
  checkIndices(inputs, -1, tensorCount, (what) => table.fail(`(${quote(kind)}) has ${what}`));
  checkIndices(outputs, 0, tensorCount, (what) => table.fail(`(${quote(kind)}) has ${what}`));
  return {
    index,
    kind,
    inputs,
    outputs,
    options: builtinOptions(table, kind),
    customOptions: customOptions(table, kind),
  };
}

function builtinOptions(table: FlatTable, kind: string): BuiltinOptions {
  const row = OPTIONS[kind];
  if (!row) return {};
  const [type, read] = row;
  const found = table.uint8(3, 'builtin_options_type');
  const options = table.table(4, 'builtin_options');
  if (found !== type || !options) table.fail(`(${kind}) has options of type ${found}, expected ${type}`);
  return read(options);
}

function customOptions(table: FlatTable, kind: string): ReadonlyMap<string, number> {
  const bytes = table.bytes(5, MAX_CUSTOM_OPTION_BYTES, 'custom_options');
  if (!kind.startsWith(LCE) || !bytes || bytes.length === 0) return new Map();
  return readFlexIntegers(bytes, (what) => table.fail(`(${quote(kind)}) is damaged: its options ${what}`));
}

function checkIndices(indices: readonly number[], least: number, count: number, fail: (what: string) => never): void {
  const odd = indices.find((index) => index < least || index >= count);
  if (odd !== undefined) fail(`tensor ${odd}, the file has ${count}`);
}
