import { type ConvNode, type MapShape, type Pads, type PoolNode, type Tensor, tensorValues } from '@signwave/format';
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
 * SPEC.md 4.10 and 4.11 as `MaxPool` and `AveragePool`. Engines disagree on the sizes and divisors of ceil mode, so
 * what it adds at the end is written as pads that don't count.
 *
 * @param x of shape `from`.
 */
export function lowerPool(onnx: OnnxGraph, x: ValueName, node: PoolNode, from: MapShape, to: MapShape): ValueName {
  const { window, stride, pads } = node;
  const beyond = beyondEnd(node, from, to);
  const sides = { kernel_shape: [window.height, window.width], strides: [stride.height, stride.width] };
  const image = asImage(onnx, x, from);
  const extended = [pads.top, pads.left, pads.bottom + beyond.bottom, pads.right + beyond.right];
  const pool = (value: ValueName, attributes: Readonly<Record<string, number | number[]>>): ValueName =>
    fromImage(onnx, onnx.node(node.op === 'maxPool' ? 'MaxPool' : 'AveragePool', [value], attributes), to);

  if (node.op === 'maxPool') return pool(image, { ...sides, pads: extended });
  if (!node.countPads || beyond.bottom + beyond.right === 0) {
    return pool(image, { ...sides, pads: extended, count_include_pad: node.countPads ? 1 : 0 });
  }
  // Pads count in the mean, but positions beyond them don't; so pads become elements of the map.
  return pool(lowerPads(onnx, image, pads), {
    ...sides,
    pads: [0, 0, beyond.bottom, beyond.right],
    count_include_pad: 0,
  });
}

/** Puts zeros around a map. @param image (N, C, H, W). */
export function lowerPads(onnx: OnnxGraph, image: ValueName, { top, left, bottom, right }: Pads): ValueName {
  return onnx.node('Pad', [image, onnx.ints('pads', [0, 0, top, left, 0, 0, bottom, right])]);
}

/** How far the last windows of a pool in ceil mode reach beyond the map with its pads. */
export function beyondEnd(
  { window, stride, pads }: PoolNode,
  from: MapShape,
  to: MapShape,
): { bottom: number; right: number } {
  const beyond = (count: number, step: number, size: number, end: number): number =>
    Math.max(0, (count - 1) * step + size - end);
  return {
    bottom: beyond(to.height, stride.height, window.height, from.height + pads.top + pads.bottom),
    right: beyond(to.width, stride.width, window.width, from.width + pads.left + pads.right),
  };
}
