import { channelsFirst } from '@signwave/convert';
import { MessageWriter } from '@signwave/convert/internals';
import { outputShape, type Unit, type UnitNetwork } from '../layer-networks.js';

// ONNX graphs of quantized convolutions with 8-bit tensors, which the exporter can't write. Field numbers are those of onnx.proto3, as in
// convert/src/onnx/onnx-graph.ts.
//
// A unit of bits is one QLinearConv. Rounding to a byte saturates, and that serves as the sign: it gives the bytes 255 and 0, which with a
// zero point of 128 stand for v = 127 and -128. With v = 127.5 x - 0.5 for x of +1 and -1, filters w of +1 and -1, and p the sum of a
// filter's weights under pads,
//
//   sum(w v) = 127.5 sum(w x) - 0.5 (sum(w) - p)
//
// so the bias 127.5 b / 2 + 0.5 sum(w) makes it 127.5 / 2 (2 sum(w x) + b) + 0.5 p. The bracket is odd, and |p| is at most
// the number of kernel positions: at each of them a filter has equally many weights of +1 and -1, or one more of either. So the sign is
// right, and four times the value is beyond a byte.

const ELEMENT = { float: 1, uint8: 2, int8: 3, int32: 6 } as const;
type Element = keyof typeof ELEMENT;

/** The byte that stands for 0. */
const ZERO_BYTE = 128;
/** The difference between two neighbouring output bytes. */
const OUTPUT_SCALE = 0.25;

/** The units in 8 bits. Input `input` and output `output` are uint8 (1, C, H, W) with values 0 and 255. */
export function int8Onnx(network: UnitNetwork): Uint8Array {
  const { units, outputs } = network;
  const { height, width, inChannels } = units[0]!.shape;
  const output = outputShape(network);
  const graph = new MessageWriter();
  const nameOf = (unit: number): string => (unit < 0 ? 'input' : `unit${unit}`);
  const isConcat = outputs.length > 1;
  for (const [i, unit] of units.entries()) {
    const isOutput = !isConcat && outputs[0] === i;
    graph.message(1, convNode(unit, nameOf(unit.from), `unit${i}`, isOutput ? 'output' : nameOf(i)));
  }
  if (isConcat) graph.message(1, nodeProto('Concat', outputs.map(nameOf), 'output', { axis: 1 }));
  graph.string(2, 'layers');
  const scalars: readonly [string, Element, Uint8Array][] = [
    ['one', 'float', bytesOf(Float32Array.of(1))],
    ['zero_byte', 'uint8', Uint8Array.of(ZERO_BYTE)],
    ['no_zero', 'int8', Uint8Array.of(0)],
    ['output_scale', 'float', bytesOf(Float32Array.of(OUTPUT_SCALE))],
  ];
  for (const [name, element, data] of scalars) graph.message(5, tensor(name, element, [], data));
  for (const [i, { shape, weights, bias }] of units.entries()) {
    const { kernel, groups, outChannels } = shape;
    const filters = [outChannels, shape.inChannels / groups, kernel, kernel];
    const planar = channelsFirst(weights, shape.inChannels / groups, outChannels);
    graph.message(5, tensor(`unit${i}_w`, 'int8', filters, bytesOf(Int8Array.from(planar))));
    graph.message(5, tensor(`unit${i}_b`, 'int32', [outChannels], bytesOf(integerBias(weights, bias))));
  }
  graph.message(11, valueInfo('input', [1, inChannels, height, width]));
  graph.message(12, valueInfo('output', [1, output.channels, output.height, output.width]));
  const opset = new MessageWriter().string(1, '').int(2, 13);
  return new MessageWriter().int(1, 8).string(2, 'signwave-bench').message(7, graph).message(8, opset).finish();
}

/** Turns +1 and -1 into the bytes 255 and 0. */
export function toBytes(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => (value > 0 ? 255 : 0));
}

function integerBias(weights: Float32Array, bias: Float32Array): Int32Array {
  const taps = weights.length / bias.length;
  return Int32Array.from(bias, (b, filter) => {
    const sum = weights.subarray(filter * taps, (filter + 1) * taps).reduce((a, w) => a + w, 0);
    return Math.round((127.5 * b) / 2 + 0.5 * sum);
  });
}

function convNode({ shape }: Unit, input: string, name: string, output: string): MessageWriter {
  const { kernel, stride, pad, groups } = shape;
  const filters = [`${name}_w`, 'one', 'no_zero'];
  return nodeProto(
    'QLinearConv',
    [input, 'one', 'zero_byte', ...filters, 'output_scale', 'zero_byte', `${name}_b`],
    output,
    {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: groups,
    },
  );
}

function nodeProto(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>>,
): MessageWriter {
  const node = new MessageWriter();
  for (const name of inputs) node.string(1, name);
  node.string(2, output).string(3, `${output} ${operator}`).string(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    const writer = new MessageWriter().string(1, name);
    if (typeof value === 'number') writer.int(3, value).int(20, 2);
    else {
      for (const v of value) writer.int(8, v);
      writer.int(20, 7);
    }
    node.message(5, writer);
  }
  return node;
}

function tensor(name: string, element: Element, sides: readonly number[], data: Uint8Array): MessageWriter {
  const writer = new MessageWriter();
  for (const side of sides) writer.int(1, side);
  return writer.int(2, ELEMENT[element]).string(8, name).bytes(9, data);
}

function valueInfo(name: string, sides: readonly number[]): MessageWriter {
  const shape = new MessageWriter();
  for (const side of sides) shape.message(1, new MessageWriter().int(1, side));
  const type = new MessageWriter().int(1, ELEMENT.uint8).message(2, shape);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, type));
}

/** Little-endian, like ONNX's raw data and every machine that this runs on. */
function bytesOf(values: Float32Array | Int32Array | Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
