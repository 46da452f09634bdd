import { MessageWriter } from '../../../convert/src/onnx/protobuf.js';
import { filtersInnerFirst } from '../layouts.js';
import { type LayerShape, outputSides } from '../shapes.js';

// What the exporter has no use for: a quantized convolution with 8-bit tensors. Field numbers are those of onnx.proto3, as in
// convert/src/onnx/onnx-graph.ts.

const ELEMENT = { float: 1, uint8: 2, int8: 3 } as const;
type Element = keyof typeof ELEMENT;

/** Byte that stands for 0 in the input and in the output. */
const ZERO_BYTE = 128;

/** A layer of +1 and -1 as `QLinearConv`, input `input` and output `output`, both uint8 (1, C, H, W). */
export interface QuantizedLayer {
  readonly onnx: Uint8Array;
  /** A power of two: what one step of an output byte stands for, so that quotients are exact and all outputs fit. */
  readonly outputScale: number;
}

/** @param largest greatest magnitude of the layer's outputs. */
export function quantizedLayer(shape: LayerShape, weights: Float32Array, largest: number): QuantizedLayer {
  const { height, width, inChannels, outChannels, kernel, stride, pad, groups } = shape;
  const outputScale = 2 ** Math.max(0, Math.ceil(Math.log2(largest / 127)));
  const planar = filtersInnerFirst(weights, outChannels, inChannels / groups);
  const graph = new MessageWriter();
  const inputs = ['input', 'x_scale', 'x_zero', 'w', 'w_scale', 'w_zero', 'y_scale', 'y_zero'];
  const node = new MessageWriter();
  for (const name of inputs) node.string(1, name);
  node.string(2, 'output').string(3, 'conv').string(4, 'QLinearConv');
  attribute(node, 'kernel_shape', [kernel, kernel]);
  attribute(node, 'strides', [stride, stride]);
  attribute(node, 'pads', [pad, pad, pad, pad]);
  attribute(node, 'group', groups);
  graph.message(1, node).string(2, 'layer');
  const scalars: readonly [string, Element, Uint8Array][] = [
    ['x_scale', 'float', floatBytes(1)],
    ['x_zero', 'uint8', Uint8Array.of(ZERO_BYTE)],
    ['w_scale', 'float', floatBytes(1)],
    ['w_zero', 'int8', Uint8Array.of(0)],
    ['y_scale', 'float', floatBytes(outputScale)],
    ['y_zero', 'uint8', Uint8Array.of(ZERO_BYTE)],
  ];
  for (const [name, element, data] of scalars) graph.message(5, tensor(name, element, [], data));
  const filters = [outChannels, inChannels / groups, kernel, kernel];
  graph.message(5, tensor('w', 'int8', filters, new Uint8Array(Int8Array.from(planar).buffer)));
  const output = outputSides(shape);
  graph.message(11, valueInfo('input', [1, inChannels, height, width]));
  graph.message(12, valueInfo('output', [1, outChannels, output.height, output.width]));
  const opset = new MessageWriter().string(1, '').int(2, 13);
  const onnx = new MessageWriter().int(1, 8).string(2, 'signwave-bench').message(7, graph).message(8, opset).finish();
  return { onnx, outputScale };
}

/** Values -1, 0 and +1 as bytes of the input. */
export function toBytes(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => value + ZERO_BYTE);
}

/** What QLinearConv has to give for an exact output: `y / scale`, halves to the even neighbour, in bytes. */
export function quantizeOutputs(outputs: Float32Array, outputScale: number): Uint8Array {
  return Uint8Array.from(outputs, (y) => roundHalfToEven(y / outputScale) + ZERO_BYTE);
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function tensor(name: string, element: Element, sides: readonly number[], data: Uint8Array): MessageWriter {
  const writer = new MessageWriter();
  for (const side of sides) writer.int(1, side);
  return writer.int(2, ELEMENT[element]).string(8, name).bytes(9, data);
}

function attribute(node: MessageWriter, name: string, value: number | readonly number[]): void {
  const writer = new MessageWriter().string(1, name);
  if (typeof value === 'number') writer.int(3, value).int(20, 2);
  else {
    for (const v of value) writer.int(8, v);
    writer.int(20, 7);
  }
  node.message(5, writer);
}

function valueInfo(name: string, sides: readonly number[]): MessageWriter {
  const shape = new MessageWriter();
  for (const side of sides) shape.message(1, new MessageWriter().int(1, side));
  const type = new MessageWriter().int(1, ELEMENT.uint8).message(2, shape);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, type));
}

function floatBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}
