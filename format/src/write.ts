import { Builder, type Offset } from 'flatbuffers';
import { checkModel } from './check.js';
import { checkSizes } from './check-sizes.js';
import { crc32 } from './crc32.js';
import { SignwaveError } from './errors.js';
import * as file from './generated/signwave.js';
import type { AccuracyClaim, DataType, Graph, Model, Tensor } from './graph.js';
import { isIntegerConv } from './integer-conv.js';
import { FORMAT_VERSION } from './layout.js';
import { alignUp, placeTensors, TENSOR_ALIGN_BYTES } from './placement.js';
import { Sharing } from './sharing.js';
import { writeNodes } from './write-nodes.js';

/** Place of `header_crc32` in the vtable of `Model`. */
const HEADER_CRC32_VTABLE_BYTE = 8;

const DATA_TYPES: Readonly<Record<DataType, file.DataType>> = {
  f32: file.DataType.F32,
  bits: file.DataType.Bits,
  f16: file.DataType.F16,
  i8: file.DataType.I8,
  i16: file.DataType.I16,
};

/**
 * Write a model as a `.sgnw` file: the same bytes for the same model, always. Numbers that the format holds as float32
 * (recipe, clip) are rounded to it.
 *
 * @returns the whole file.
 * @throws {SignwaveError} `E_TENSOR`, `E_GRAPH`, `E_LABELS`, `E_FORMAT_INFO` or `E_FORMAT_LIMIT` for a model that no
 *   reader would accept.
 */
export function writeModel(model: Model): Uint8Array {
  checkModel(model);
  checkSizes(model);
  const { info, graph } = model;
  const { offsets, dataBytes } = placeTensors(graph.tensors);
  const builder = new Builder(dataBytes + 4096);
  const sharing = new Sharing(builder);

  // FlatBuffers grow towards their start: what is written first lies at the end of the file.
  const data = writeData(builder, graph.tensors, offsets, dataBytes);
  const tensors = writeTensors(builder, graph.tensors, offsets);
  const nodes = writeNodes(sharing, graph.nodes);
  const accuracy = info.accuracy.length > 0 && writeAccuracy(sharing, info.accuracy);
  const labels =
    info.labels &&
    file.Model.createLabelsVector(
      builder,
      info.labels.map((label) => sharing.text(label)),
    );
  const sha256 = info.sourceSha256 && file.Model.createSourceSha256Vector(builder, hexBytes(info.sourceSha256));
  const licence = info.licence !== undefined && sharing.text(info.licence);
  const writer = sharing.text(info.writer);
  const method = sharing.text(info.method);
  const architecture = sharing.text(info.architecture);
  const name = sharing.text(info.name);

  file.Model.startModel(builder);
  file.Model.addOmega0(builder, info.omega0 ?? 0);
  file.Model.addData(builder, data);
  file.Model.addTensors(builder, tensors);
  file.Model.addNodes(builder, nodes);
  if (accuracy) file.Model.addAccuracy(builder, accuracy);
  if (labels) file.Model.addLabels(builder, labels);
  if (licence) file.Model.addLicence(builder, licence);
  file.Model.addWriter(builder, writer);
  if (sha256) file.Model.addSourceSha256(builder, sha256);
  file.Model.addMethod(builder, method);
  file.Model.addArchitecture(builder, architecture);
  file.Model.addName(builder, name);
  // Any value but the default, which would not be written; `finish` puts the checksum here.
  file.Model.addHeaderCrc32(builder, 1);
  file.Model.addVersionMinor(builder, lowestMinor(model.graph));
  file.Model.addVersionMajor(builder, FORMAT_VERSION.major);
  file.Model.finishModelBuffer(builder, file.Model.endModel(builder));
  return finish(builder, dataBytes);
}

function writeData(
  builder: Builder,
  tensors: readonly Tensor[],
  offsets: readonly number[],
  dataBytes: number,
): Offset {
  const data = new Uint8Array(dataBytes);
  tensors.forEach((tensor, i) => {
    data.set(tensor.data, offsets[i]!);
  });
  // `createByteVector` aligns the length before the contents to 4 bytes; this aligns the contents.
  builder.prep(TENSOR_ALIGN_BYTES, dataBytes);
  return builder.createByteVector(data);
}

function writeTensors(builder: Builder, tensors: readonly Tensor[], offsets: readonly number[]): Offset {
  file.Model.startTensorsVector(builder, tensors.length);
  for (let i = tensors.length - 1; i >= 0; i--) {
    const { dtype, shape, data } = tensors[i]!;
    const [outer, height, width, inner] = shape;
    if (outer >= 2 ** 32 || inner >= 2 ** 32 || height >= 2 ** 16 || width >= 2 ** 16) {
      throw new SignwaveError(
        'E_FORMAT_LIMIT',
        `tensor ${i} has shape (${shape.join(', ')}), too large for the file's types`,
      );
    }
    file.Tensor.createTensor(builder, offsets[i]!, crc32(data), outer, inner, height, width, DATA_TYPES[dtype]);
  }
  return builder.endVector();
}

function writeAccuracy(sharing: Sharing, claims: readonly AccuracyClaim[]): Offset {
  const { builder } = sharing;
  const offsets = claims.map(({ data, top1 }) => {
    const text = sharing.text(data);
    return sharing.once('AccuracyClaim', [text, top1], () =>
      file.AccuracyClaim.createAccuracyClaim(builder, text, top1),
    );
  });
  return file.Model.createAccuracyVector(builder, offsets);
}

function hexBytes(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

/** Cut off what aligned the end of `data` (SPEC.md 2.3: the file ends with it), and put the header's checksum in. */
function finish(builder: Builder, dataBytes: number): Uint8Array {
  const padded = builder.asUint8Array();
  const bytes = padded.slice(0, padded.length - (alignUp(dataBytes, TENSOR_ALIGN_BYTES) - dataBytes));
  const buffer = builder.dataBuffer();
  const root = file.Model.getRootAsModel(buffer);
  const at = root.bb_pos + buffer.__offset(root.bb_pos, HEADER_CRC32_VTABLE_BYTE) - buffer.position();
  const view = new DataView(bytes.buffer);
  view.setUint32(at, 0, true);
  view.setUint32(at, crc32(bytes.subarray(0, bytes.length - dataBytes)), true);
  return bytes;
}

/** The lowest minor version that says what a graph says: 1.1 brought integer convolutions. */
function lowestMinor(graph: Graph): number {
  return graph.nodes.some((node) => isIntegerConv(graph, node)) ? 1 : 0;
}
