import { type ConvNode, type MapShape, type PoolNode, type Tensor, tensorValues } from '@signwave/format';
import { asImage, channelsFirst, fromImage } from './channel-order.js';
import type { OnnxGraph, ValueName } from './onnx-graph.js';

/** SPEC.md 4.3 as `Conv`. @param x of shape `from`. */
export function lowerConv(
  onnx: OnnxGraph,
  x: ValueName,
  node: ConvNode,
  weights: Tensor,
  from: MapShape,
  to: MapShape,
): ValueName {
  const [filters, height, width, channels] = weights.shape;
  const values = channelsFirst(tensorValues(weights), weights.shape[3], weights.shape[0]);
  const w = onnx.floats('weight', [filters, channels, height, width], values);
  const { top, left, bottom, right } = node.pads;
  const y = onnx.node('Conv', [asImage(onnx, x, from), w], {
    kernel_shape: [height, width],
    strides: [node.stride.height, node.stride.width],
    dilations: [node.dilation.height, node.dilation.width],
    pads: [top, left, bottom, right],
    group: node.groups,
  });
  return fromImage(onnx, y, to);
}

/**
 * SPEC.md 4.3 to the last bit: a product and a sum for each tap, in the order ky, kx, i. Inside one operator engines would add in an order
 * of their own.
 *
 * @param node has one group.
 */
export function lowerExactConv(
  onnx: OnnxGraph,
  x: ValueName,
  node: ConvNode,
  weights: Tensor,
  from: MapShape,
  to: MapShape,
): ValueName {
  const [filters, height, width, channels] = weights.shape;
  const values = tensorValues(weights);
  const { pads, stride, dilation } = node;
  const amounts = onnx.ints('pads', [0, 0, pads.top, pads.left, 0, 0, pads.bottom, pads.right]);
  const padded = onnx.node('Pad', [asImage(onnx, x, from), amounts]);
  const axes = onnx.ints('axes', [1, 2, 3]);
  const steps = onnx.ints('steps', [1, stride.height, stride.width]);
  let sum: ValueName | undefined;
  for (let tap = 0; tap < height * width * channels; tap++) {
    const i = tap % channels;
    const row = Math.floor(tap / channels / width) * dilation.height;
    const column = (Math.floor(tap / channels) % width) * dilation.width;
    const starts = onnx.ints('starts', [i, row, column]);
    const end = [row + (to.height - 1) * stride.height + 1, column + (to.width - 1) * stride.width + 1];
    const operand = onnx.node('Slice', [padded, starts, onnx.ints('ends', [i + 1, ...end]), axes, steps]);
    const ofTap = Float32Array.from({ length: filters }, (_, o) => values[o * height * width * channels + tap]!);
    const product = onnx.node('Mul', [onnx.floats('weight', [1, filters, 1, 1], ofTap), operand]);
    sum = sum === undefined ? product : onnx.node('Add', [sum, product]);
  }
  return fromImage(onnx, sum!, to);
}

/**
 * SPEC.md 4.10 and 4.11 as `MaxPool` and `AveragePool`. Engines disagree on the sizes and divisors of ceil mode, so
 * what it adds at the end is written as pads that don't count.
 *
 * @param x of shape `from`.
 */
export function lowerPool(onnx: OnnxGraph, x: ValueName, node: PoolNode, from: MapShape, to: MapShape): ValueName {
  const { window, stride, pads } = node;
  const beyondBottom = beyond(to.height, stride.height, window.height, from.height + pads.top + pads.bottom);
  const beyondRight = beyond(to.width, stride.width, window.width, from.width + pads.left + pads.right);
  const sides = { kernel_shape: [window.height, window.width], strides: [stride.height, stride.width] };
  const image = asImage(onnx, x, from);
  const extended = [pads.top, pads.left, pads.bottom + beyondBottom, pads.right + beyondRight];
  const pool = (value: ValueName, attributes: Readonly<Record<string, number | number[]>>): ValueName =>
    fromImage(onnx, onnx.node(node.op === 'maxPool' ? 'MaxPool' : 'AveragePool', [value], attributes), to);

  if (node.op === 'maxPool') return pool(image, { ...sides, pads: extended });
  if (!node.countPads || beyondBottom + beyondRight === 0) {
    return pool(image, { ...sides, pads: extended, count_include_pad: node.countPads ? 1 : 0 });
  }
  // Pads count in the mean, but positions beyond them don't; so pads become elements of the map.
  const amounts = onnx.ints('pads', [0, 0, pads.top, pads.left, 0, 0, pads.bottom, pads.right]);
  const padded = onnx.node('Pad', [image, amounts]);
  return pool(padded, { ...sides, pads: [0, 0, beyondBottom, beyondRight], count_include_pad: 0 });
}

/**
 * SPEC.md 4.12 to the last bit, for a mean that a sign depends on: the last of the running sums over all pixels, in their order, divided by
 * their number. A mean in one operator is a sum in an order of the engine's own.
 *
 * @param x a map of shape `from`. @returns a vector.
 */
export function lowerExactMean(onnx: OnnxGraph, x: ValueName, { height, width, channels }: MapShape): ValueName {
  const pixels = height * width;
  const rows = onnx.node('Reshape', [x, onnx.ints('shape', [0, channels, pixels])]);
  const sums = onnx.node('CumSum', [rows, onnx.ints('axis', [2])]);
  const [from, to, axes] = [pixels - 1, pixels, 2].map((value, i) =>
    onnx.ints(['starts', 'ends', 'axes'][i]!, [value]),
  );
  const last = onnx.node('Flatten', [onnx.node('Slice', [sums, from!, to!, axes!])], { axis: 1 });
  return onnx.node('Div', [last, onnx.floats('pixels', [1], Float32Array.of(pixels))]);
}

/** How far the last of `count` windows reaches beyond `size`, the size of a map with its pads. */
function beyond(count: number, stride: number, window: number, size: number): number {
  return Math.max(0, (count - 1) * stride + window - size);
}
