import { type ConvNode, type MapShape, type PoolNode, type Tensor, tensorValues } from '@signwave/format';
import { asImage, fromImage, innerFirst } from './layout.js';
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
  const values = innerFirst(tensorValues(weights), weights.shape);
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
  // Pads count, positions beyond them don't: the former become elements.
  const amounts = onnx.ints('pads', [0, 0, pads.top, pads.left, 0, 0, pads.bottom, pads.right]);
  const padded = onnx.node('Pad', [image, amounts]);
  return pool(padded, { ...sides, pads: [0, 0, beyondBottom, beyondRight], count_include_pad: 0 });
}

/** How far the last of `count` windows reaches beyond `size`, the size of a map with its pads. */
function beyond(count: number, stride: number, window: number, size: number): number {
  return Math.max(0, (count - 1) * stride + window - size);
}
