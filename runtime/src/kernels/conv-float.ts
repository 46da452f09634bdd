import { type ConvNode, isIntegerConv, type LinearNode } from '@signwave/format';
import { nodesOf } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';
import { pointer } from '../plan/region.js';
import {
  type Geometry,
  geometryOf,
  layerOf,
  type PaddedMap,
  shareConv,
  sumsPixelBytes,
  tapFields,
} from './conv-geometry.js';
import { copyPixelsStep } from './copy-pixels.js';
import { planEpilogue } from './epilogue.js';
import { BLOCK } from './filters.js';
import { planFloatFilters } from './float-filters.js';
import { isPixel, type Room } from './room.js';

/** Executes the convolutions and linear layers that convBits refuses, of floats or whole numbers, with sums in the reference's order. */
export const convFloat: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const node = layerOf(context, fused);
    const geometry = geometryOf(node);
    const { groups } = geometry;
    const weights = context.graph.tensors[node.weights]!;
    const output = context.shapes[fused.source]!;
    const input = paddedFloats(context, node, geometry);
    const isInteger = isIntegerConv(context.graph, node);
    const pixelSums = sumsPixelBytes(output.channels, groups);
    const fields = {
      ...tapFields(input, weights.shape[3] * 4, geometry, weights, output),
      ...planFloatFilters(context, weights, groups, BLOCK),
      sums: context.scratch('sums', output.width * pixelSums),
      sumsPixelBytes: pixelSums,
    };
    const record = { ...fields, epilogue: planEpilogue(context, fused) };
    context.steps.push({
      kernel: isInteger ? 'convInteger' : 'convFloat',
      record,
      share: shareConv(record),
      nodes: nodesOf(fused),
      reason: isInteger
        ? `${weights.dtype} weights on bytes`
        : weights.dtype === 'bits'
          ? '1-bit weights on floats'
          : 'float weights',
    });
  },
};

/** Gives the floats that a convolution reads: the map itself, or a copy with pads around it and without padding channels. */
function paddedFloats(context: PlanContext, node: ConvNode | LinearNode, geometry: Geometry): PaddedMap {
  const map = context.floatMap(node.inputs[0]!);
  const { shape } = map;
  const { top, left, bottom, right } = geometry.pads;
  const pixelBytes = shape.channels * 4;
  // The padding channels of a single pixel lie behind all its taps, so they do no harm.
  const isPacked = map.pixelBytes === pixelBytes || isPixel(shape);
  if (isPacked && top + left + bottom + right === 0) {
    return { origin: map.origin, rowBytes: shape.width * pixelBytes, pixelBytes };
  }
  const rowBytes = (left + shape.width + right) * pixelBytes;
  const region = context.fixed((top + shape.height + bottom) * rowBytes);
  const padded = { origin: pointer(region, top * rowBytes + left * pixelBytes), rowBytes, pixelBytes };
  const reason = 'zeros around the map';
  context.steps.push(copyPixelsStep(map, padded, shape, [], reason));
  return padded;
}
