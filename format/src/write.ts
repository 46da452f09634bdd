import { Builder } from 'flatbuffers';
import { checkModel } from './check.js';
import { checkSizes } from './check-sizes.js';
import { checkStorable } from './check-storable.js';
import { crc32 } from './crc32.js';
import { SignwaveError } from './errors.js';
import type { Graph, GraphNode, Model, Tensor } from './graph.js';
import { isIntegerConv } from './integer-conv.js';
import { OPERATIONS } from './operations/table.js';
import { alignUp, placeTensors, TENSOR_ALIGN_BYTES } from './placement.js';
import {
  FILE_IDENTIFIER,
  type FileModel,
  type FileNode,
  type FileTensor,
  FORMAT_VERSION,
  MODEL,
  VERSION,
} from './schema.js';
import { SchemaWriter } from './schema-writer.js';
import { nodeLabel } from './shape.js';
import { table, Walk } from './verify.js';

/** Rules of SPEC.md that a minor version introduced without a new operation, field or value, and the nodes that they apply to. */
const RULES: readonly { readonly since: number; applies(graph: Graph, node: GraphNode): boolean }[] = [
  { since: 1, applies: isIntegerConv },
];

/**
 * Writes a model as a `.sgnw` file. The same model always gives the same bytes. Numbers that the format stores as float32 (recipe, clip)
 * are rounded. The file states the lowest minor version that has everything in it.
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
  const tensors = graph.tensors.map((tensor, i) => fileTensor(tensor, offsets[i]!, i));
  graph.nodes.forEach((node, i) => {
    checkStorable(OPERATIONS[node.op].fields, node as object as Record<string, unknown>, nodeLabel(graph.nodes, i));
  });
  const builder = new Builder(dataBytes + 4096);
  const writer = new SchemaWriter(builder);
  for (const { since, applies } of RULES) if (graph.nodes.some((node) => applies(graph, node))) writer.need(since);
  const values: FileModel = {
    versionMajor: FORMAT_VERSION.major,
    // Evaluated after everything that the root table refers to was written.
    get versionMinor() {
      return writer.minor;
    },
    headerCrc32: 1,
    ...info,
    nodes: graph.nodes.map(fileNode),
    tensors,
    data: { start: 0, bytes: dataOf(graph.tensors, offsets, dataBytes) },
  };
  builder.finish(writer.table(MODEL.fields, values, true), FILE_IDENTIFIER);
  return finish(builder, dataBytes);
}

function fileNode(node: GraphNode, index: number): FileNode {
  const back = node.inputs.map((input) => index - input);
  const isUsual = back.length === 0 || (back.length === 1 && back[0] === 1);
  // Of each table, the writer takes what is a field of it.
  return { ...node, operation: node, ...(!isUsual && { back }) };
}

function fileTensor({ dtype, shape, data }: Tensor, offset: number, index: number): FileTensor {
  const [outer, height, width, inner] = shape;
  if (outer >= 2 ** 32 || inner >= 2 ** 32 || height >= 2 ** 16 || width >= 2 ** 16) {
    throw new SignwaveError(
      'E_FORMAT_LIMIT',
      `tensor ${index} has shape (${shape.join(', ')}), too large for the file's types`,
    );
  }
  return { offset, crc32: crc32(data), outer, inner, height, width, dataType: dtype };
}

function dataOf(tensors: readonly Tensor[], offsets: readonly number[], dataBytes: number): Uint8Array {
  const data = new Uint8Array(dataBytes);
  tensors.forEach((tensor, i) => {
    data.set(tensor.data, offsets[i]!);
  });
  return data;
}

const CHECKSUM = table({ ...VERSION.fields, headerCrc32: MODEL.fields.headerCrc32 }, true);

/** Cuts off the padding behind `data`, which must end the file (SPEC.md 2.3), and inserts the header's checksum. */
function finish(builder: Builder, dataBytes: number): Uint8Array {
  const padded = builder.asUint8Array();
  const bytes = padded.slice(0, padded.length - (alignUp(dataBytes, TENSOR_ALIGN_BYTES) - dataBytes));
  const at = CHECKSUM.read(new Walk(bytes, 'model'), 0, 'Model').headerCrc32;
  const view = new DataView(bytes.buffer);
  view.setUint32(at, 0, true);
  view.setUint32(at, crc32(bytes.subarray(0, bytes.length - dataBytes)), true);
  return bytes;
}
