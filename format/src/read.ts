import { checkModel, tensorLabels } from './check.js';
import { crc32 } from './crc32.js';
import { SignwaveError } from './errors.js';
import type { GraphNode, Model, Tensor } from './graph.js';
import { placeTensors } from './placement.js';
import {
  FILE_IDENTIFIER,
  type FileModel,
  type FileNode,
  type FileTensor,
  FORMAT_VERSION,
  MODEL,
  VERSION,
} from './schema.js';
import { SNIFF_BYTES, sniffKind } from './sniff.js';
import { tensorBytes } from './tensor.js';
import { Walk } from './verify.js';

/**
 * Reads a `.sgnw` file and checks every byte of it in the order of SPEC.md 2.6.
 *
 * @param source the whole file. The model's tensors are views of it: don't change it while the model is in use.
 * @param name what messages call the file.
 * @throws {SignwaveError} `E_FORMAT_KIND` (not a `.sgnw` file), `E_FORMAT_VERSION`, `E_FORMAT_STRUCTURE`,
 *   `E_FORMAT_CHECKSUM`, `E_FORMAT_LIMIT`, `E_FORMAT_INFO`, `E_TENSOR`, `E_GRAPH` or `E_LABELS`.
 */
export function readModel(source: Uint8Array, name = 'model'): Model {
  // The plain Uint8Array is needed because `slice` and `subarray` of Node's `Buffer` give Buffers.
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  checkKind(bytes, name);
  const walk = new Walk(bytes, name);
  const file = readStructure(walk);
  try {
    const { versionMajor: _, versionMinor: __, headerCrc32, nodes: fileNodes, tensors: entries, data, ...info } = file;
    checkHeader(bytes, headerCrc32, data.start);
    // The checksum is right, so what is unknown was written on purpose.
    if (walk.unknown) {
      throw new SignwaveError('E_FORMAT_VERSION', `${walk.unknown}: install a newer signwave`);
    }
    const tensors = readTensors(entries, data.bytes);
    const nodes = fileNodes.map(readNode);
    checkTensorSums(tensors, entries, nodes);
    const model = { info, graph: { tensors, nodes } };
    checkModel(model);
    return model;
  } catch (error) {
    throw error instanceof SignwaveError ? new SignwaveError(error.code, `${name}: ${error.message}`) : error;
  }
}

function checkKind(bytes: Uint8Array, name: string): void {
  if (bytes.length >= 8 && String.fromCharCode(...bytes.subarray(4, 8)) === FILE_IDENTIFIER) return;
  const kind = sniffKind(bytes.subarray(0, SNIFF_BYTES), bytes.length);
  const isCheckpoint = /\bzip|safetensors|pickle|PyTorch|Caffe/.test(kind);
  const hint = '. A checkpoint has to be converted first: signwave convert model.pth -o model.sgnw';
  throw new SignwaveError('E_FORMAT_KIND', `${name} is not a signwave model: it is ${kind}${isCheckpoint ? hint : ''}`);
}

/** Reads the tables of a file and checks its structure. Of their values, only the version has been checked. */
function readStructure(walk: Walk): FileModel {
  const { versionMajor, versionMinor } = VERSION.read(walk, 0, 'Model');
  const { major, minor } = FORMAT_VERSION;
  if (versionMajor !== major || versionMinor > minor) {
    throw new SignwaveError(
      'E_FORMAT_VERSION',
      `${walk.name} has format version ${versionMajor}.${versionMinor}, this signwave reads ${major}.0 to ${major}.${minor}: ` +
        (versionMajor < major ? 'convert the checkpoint again' : 'install a newer signwave'),
    );
  }
  const file = MODEL.read(walk, 0, 'Model');
  if (walk.reach > file.data.start) walk.fail(`its header reaches byte ${walk.reach}, past the start of Model.data`);
  if (file.headerCrc32 === 0) walk.fail('Model.headerCrc32 is missing');
  return file;
}

/**
 * @param crcAt position of the header's checksum, whose own bytes count as zeros.
 * @param headerBytes position of the header's end.
 */
function checkHeader(bytes: Uint8Array, crcAt: number, headerBytes: number): void {
  const before = crc32(bytes.subarray(0, crcAt));
  const found = crc32(bytes.subarray(crcAt + 4, headerBytes), crc32(new Uint8Array(4), before));
  checkSum('the header', found, new DataView(bytes.buffer, bytes.byteOffset + crcAt).getUint32(0, true));
}

/** Makes the tensors as views of `data`, and checks that the bytes between them are zero. */
function readTensors(entries: readonly FileTensor[], data: Uint8Array): Tensor[] {
  const tensors = entries.map(({ dataType, outer, height, width, inner }) => ({
    dtype: dataType,
    shape: [outer, height, width, inner] as const,
  }));
  const { offsets, dataBytes } = placeTensors(tensors);
  entries.forEach(({ offset }, i) => {
    if (offset !== offsets[i]) failTensor(`tensor ${i} starts at byte ${offset} of the data, expected ${offsets[i]}`);
  });
  if (dataBytes !== data.length) {
    failTensor(`the tensors take ${dataBytes} bytes of data, the file has ${data.length}`);
  }
  let end = 0;
  return tensors.map((tensor, i) => {
    const offset = offsets[i]!;
    if (data.subarray(end, offset).some((byte) => byte !== 0)) {
      failTensor(`the bytes that align tensor ${i}, ${end} to ${offset} of the data, are not all 0`);
    }
    end = offset + tensorBytes(tensor.dtype, tensor.shape);
    return { ...tensor, data: data.subarray(offset, end) };
  });
}

function checkTensorSums(
  tensors: readonly Tensor[],
  entries: readonly FileTensor[],
  nodes: readonly GraphNode[],
): void {
  const labels = tensorLabels(nodes, tensors.length);
  tensors.forEach(({ data }, i) => {
    checkSum(labels[i]!, crc32(data), entries[i]!.crc32);
  });
}

function checkSum(what: string, found: number, expected: number): void {
  if (found === expected) return;
  const [f, e] = [found, expected].map((crc) => crc.toString(16).padStart(8, '0'));
  throw new SignwaveError(
    'E_FORMAT_CHECKSUM',
    `${what} has CRC-32 ${f}, the file says ${e}: it was changed, get it again`,
  );
}

function readNode({ operation, back, ...named }: FileNode, index: number): GraphNode {
  const inputs = (back ?? (operation.op === 'input' ? [] : [1])).map((distance) => index - distance);
  return { ...operation, inputs, ...named };
}

function failTensor(what: string): never {
  throw new SignwaveError('E_TENSOR', what);
}
