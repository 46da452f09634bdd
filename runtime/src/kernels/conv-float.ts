import { type ConvNode, isBinary, isIntegerConv, type LinearNode } from '@signwave/format';
import { nodesOf } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';
import { pointer, type Region } from '../plan/region.js';
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
import type { Room } from './room.js';

/** Executes a convolution or linear layer of floats or whole numbers, with sums in the reference's order. */
export const convFloat: Room = {
  layout: 'pixels',
  refusal: ({ graph }, fused) => (isBinary(graph, layerOf({ graph }, fused)) ? 'operands are signs' : undefined),
  plan: (context, fused) => {
    const node = layerOf(context, fused);
    const geometry = geometryOf(node);
    const { groups } = geometry;
    const weights = context.graph.tensors[node.weights]!;
    const output = context.shapes[fused.source]!;
    const { region, ...input } = paddedFloats(context, node, geometry);
    const isInteger = isIntegerConv(context.graph, node);
    const pixelSums = sumsPixelBytes(output.channels, groups);
    const fields = {
      ...tapFields(input, weights.shape[3] * 4, geometry, weights, output),
      ...planFloatFilters(context, weights, groups, BLOCK),
      sums: context.scratch('sums', output.width * pixelSums),
      sumsPixelBytes: pixelSums,
    };
    const epilogue = planEpilogue(context, fused);
    const record = { ...fields, epilogue: epilogue.record };
    context.steps.push({
      kernel: isInteger ? 'convInteger' : 'convFloat',
      record,
      reads: [region, ...epilogue.reads],
      writes: epilogue.writes,
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
function paddedFloats(
  context: PlanContext,
  node: ConvNode | LinearNode,
  geometry: Geometry,
): PaddedMap & { readonly region: Region } {
  const { region, shape, pixelBytes } = context.floatMap(node.inputs[0]!);
  const { top, left, bottom, right } = geometry.pads;
  const packedBytes = shape.channels * 4;
  // The padding channels of a single pixel lie behind all its taps, so they do no harm.
  const isPacked = pixelBytes === packedBytes || (shape.height === 1 && shape.width === 1);
  if (isPacked && top + left + bottom + right === 0) {
    return { region, origin: pointer(region), rowBytes: shape.width * packedBytes, pixelBytes: packedBytes };
  }

  const rowBytes = (left + shape.width + right) * packedBytes;
  const padded = context.fixed((top + shape.height + bottom) * rowBytes);
  const origin = pointer(padded, top * rowBytes + left * packedBytes);
  context.steps.push(
    copyPixelsStep(
      {
        input: pointer(region),
        inputRowBytes: shape.width * pixelBytes,
        inputPixelBytes: pixelBytes,
        output: origin,
        outputRowBytes: rowBytes,
        outputPixelBytes: packedBytes,
        rows: shape.height,
        columns: shape.width,
        channels: shape.channels,
      },
      [],
      'zeros around the map for the convolution that follows',
    ),
  );
  return { region: padded, origin, rowBytes, pixelBytes: packedBytes };
}
