import { SignwaveError } from './errors.js';
import type { GraphNode, Model, ModelInfo, Tensor } from './graph.js';
import { tensorOf } from './node-tensors.js';
import { inferShapes, nodeLabel } from './shape.js';
import { IS_LITTLE_ENDIAN, tensorBytes, tensorElements } from './tensor.js';

/**
 * Checks everything that a model must satisfy to be written or read, beyond its types: SPEC.md 2.7, 3 and 4.
 *
 * @throws {SignwaveError} `E_TENSOR`, `E_GRAPH`, `E_LABELS`, `E_FORMAT_INFO` or `E_FORMAT_LIMIT`.
 */
export function checkModel({ info, graph }: Model): void {
  const labels = tensorLabels(graph.nodes, graph.tensors.length);
  graph.tensors.forEach((tensor, i) => {
    checkTensor(tensor, labels[i]!);
  });
  const shapes = inferShapes(graph);
  const used = new Set(graph.nodes.map(tensorOf));
  const unused = labels.find((_, i) => !used.has(i));
  if (unused !== undefined) fail(unused, 'is named by no node: leave it out');
  checkInfo(info);
  const { channels } = shapes[shapes.length - 1]!;
  if (info.labels && info.labels.length !== channels) {
    throw new SignwaveError('E_LABELS', `the model has ${info.labels.length} labels for ${channels} classes`);
  }
}

/** Names each tensor for messages: `tensor 3 of node 5 ("layer1.0.conv1", conv)`. */
export function tensorLabels(nodes: readonly GraphNode[], tensorCount: number): string[] {
  const labels = Array.from({ length: tensorCount }, (_, i) => `tensor ${i}`);
  nodes.forEach((node, i) => {
    const tensor = tensorOf(node);
    if (tensor !== undefined && labels[tensor] === `tensor ${tensor}`) labels[tensor] += ` of ${nodeLabel(nodes, i)}`;
  });
  return labels;
}

function checkTensor({ dtype, shape, data }: Tensor, label: string): void {
  if (!shape.every((side) => Number.isInteger(side) && side >= 1)) {
    fail(label, `has shape (${shape.join(', ')}), every side must be 1 or more`);
  }
  const expected = tensorBytes(dtype, shape);
  if (data.length !== expected) {
    fail(label, `has ${data.length} bytes, its ${dtype} elements of shape (${shape.join(', ')}) need ${expected}`);
  }
  const usedBits = tensorElements(shape) % 8;
  if (dtype === 'bits' && usedBits !== 0 && data[expected - 1]! >> usedBits !== 0) {
    fail(label, `has unused bits that are 1: its last byte has ${usedBits} bits, the others must be 0`);
  }
  const place = dtype === 'f32' || dtype === 'f16' ? firstNonFinite(data, dtype) : -1;
  if (place >= 0) fail(label, `has a NaN or an infinity at element ${place}: only finite numbers can be stored`);
}

/** Finds the index of the first element whose exponent is all ones; -1 if there is none. */
function firstNonFinite(data: Uint8Array, dtype: 'f32' | 'f16'): number {
  const { buffer, byteOffset, byteLength } = data;
  if (dtype === 'f32' && IS_LITTLE_ENDIAN && byteOffset % 4 === 0) {
    // The usual case uses the engine's own loops: this runs only once, and the loop below takes 3 ms for half a million elements then.
    const values = new Float32Array(buffer, byteOffset, byteLength / 4);
    const areFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].every(
      (it) => !values.includes(it),
    );
    return areFinite ? -1 : values.findIndex((it) => !Number.isFinite(it));
  }
  const [elementBytes, exponent] = dtype === 'f32' ? [4, 0x7f80] : [2, 0x7c00];
  // In both types the exponent is in the last two bytes.
  for (let at = elementBytes - 2; at < data.length; at += elementBytes) {
    if (((data[at]! | (data[at + 1]! << 8)) & exponent) === exponent) return Math.floor(at / elementBytes);
  }
  return -1;
}

function checkInfo({ omega0, sourceSha256, accuracy }: ModelInfo): void {
  if (omega0 !== undefined && !(omega0 > 0 && omega0 < Number.POSITIVE_INFINITY)) {
    failInfo(`omega0 is ${omega0}, expected a number above 0, or none`);
  }
  if (sourceSha256 !== undefined && !/^[0-9a-f]{64}$/.test(sourceSha256)) {
    failInfo(`the source's SHA-256 is "${sourceSha256}", expected 64 lower-case hexadecimal digits`);
  }
  for (const { data, top1 } of accuracy) {
    if (!(top1 >= 0 && top1 <= 100)) failInfo(`the accuracy on "${data}" is ${top1}, expected 0 to 100 per cent`);
  }
}

function fail(label: string, what: string): never {
  throw new SignwaveError('E_TENSOR', `${label} ${what}`);
}

function failInfo(what: string): never {
  throw new SignwaveError('E_FORMAT_INFO', what);
}
