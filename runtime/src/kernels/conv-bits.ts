import { type ConvNode, isBinary, type LinearNode, type MapShape, type Tensor } from '@signwave/format';
import { nodesOf } from '../plan/fuse.js';
import type { BitMap } from '../plan/maps.js';
import { type PlanContext, readsBytes } from '../plan/plan-context.js';
import { type BorderBias, borderBiasOf } from './border-values.js';
import { groupPositions } from './borders.js';
import { type Geometry, geometryOf, layerOf, shareConv, sumsPixelBytes, tapFields } from './conv-geometry.js';
import { planEpilogue } from './epilogue.js';
import { BLOCK, packFilters, roundUp } from './filters.js';
import { planRegroupBits } from './regroup-bits.js';
import type { Room } from './room.js';

/** The patches of a strip should stay in the L1 cache (32 KiB on every CPU we know of), together with a block of filters. */
const STRIP_PATCH_BYTES = 16_384;

/** Bytes that the GEMM compares at a time: gemm-simd.ts splats words of 4 bytes, gemm-scalar.ts counts words of 8. */
const SIMD_WORD_BYTES = 4;
const SCALAR_WORD_BYTES = 8;

/** Executes a binary convolution or linear layer by XOR and popcount (SPEC section 5). */
export const convBits: Room = {
  layout: 'pixels',
  refusal: ({ graph }, fused) => (isBinary(graph, layerOf({ graph }, fused)) ? undefined : 'operands are floats'),
  plan: (context, fused) => {
    const node = layerOf(context, fused);
    const geometry = geometryOf(node);
    const { groups } = geometry;
    const weights = context.graph.tensors[node.weights]!;
    const [, kernelHeight, kernelWidth, groupChannels] = weights.shape;
    const output = context.shapes[fused.source]!;
    const input = groupedBits(context, node, geometry);
    const groupBytes = Math.ceil(groupChannels / 8);
    const depthBytes = roundUp(
      kernelHeight * kernelWidth * groupBytes,
      context.simd ? SIMD_WORD_BYTES : SCALAR_WORD_BYTES,
    );
    const mostRows = Math.floor(STRIP_PATCH_BYTES / (output.width * depthBytes));
    const stripRows = Math.max(1, Math.min(output.height, mostRows));
    const stripPixels = stripRows * output.width;
    const pixelSums = sumsPixelBytes(output.channels, groups);

    const { packed, tapSums } = packFilters(weights, depthBytes, groups, context.simd);
    const taps = kernelHeight * kernelWidth * groupChannels;
    const sumBias = borderBiasOf(context, fused.sumBias);
    const border = borderBiasOf(context, fused.border);
    const bases = sumBases(input.shape, output, geometry, weights, tapSums, sumBias, border);
    const fields = {
      ...tapFields(input, groupBytes, geometry, weights, output),
      weights: context.constant(packed),
      groupWeightBytes: packed.length / groups,
      patches: context.scratch('patches', stripPixels * depthBytes),
      depthBytes,
      sums: context.scratch('sums', stripPixels * pixelSums),
      sumsPixelBytes: pixelSums,
      stripRows,
      bases: context.constant(bases.values),
      rowBases: context.constant(bases.rowBases),
      columnBases: context.constant(bases.columnBases),
    };
    const epilogue = planEpilogue(context, fused, taps + (sumBias?.largest ?? 0));
    const borderBytes = border && bases.values.byteLength / 2;
    const record = { ...fields, epilogue: { ...epilogue, borderBytes } };
    context.steps.push({
      kernel: 'convBits',
      record,
      share: shareConv(record),
      nodes: nodesOf(fused),
      reason:
        `xor and popcount (${context.choice.refusals.get(fused)})` +
        `${epilogue.sumThresholds ? ', integer thresholds' : ''}`,
    });
  },
};

/** Gives the bits that a convolution reads. If the channels of its groups don't start at whole bytes, a step repacks them first. */
function groupedBits(context: PlanContext, node: ConvNode | LinearNode, { groups, pads }: Geometry): BitMap {
  const map = context.bitMap(node.inputs[0]!);
  return readsBytes(groups, map.shape.channels) ? map : planRegroupBits(context, map, groups, pads);
}

/** Computes the sums "if every bit matched" of sums.ts, by border class and filter. Behind them lie the floats of the border, if there is one. */
function sumBases(
  input: MapShape,
  output: MapShape,
  geometry: Geometry,
  weights: Tensor,
  tapSums: Int32Array,
  sumBias: BorderBias | undefined,
  border: BorderBias | undefined,
) {
  const { stride, dilation, pads } = geometry;
  const [filters, kernelHeight, kernelWidth, groupChannels] = weights.shape;
  const along = (side: 'height' | 'width', kernel: number, pad: number, name: 'rows' | 'columns') =>
    groupPositions(
      input[side],
      output[side],
      kernel,
      stride[side],
      dilation[side],
      pad,
      sumBias?.[name],
      border?.[name],
    );
  const rows = along('height', kernelHeight, pads.top, 'rows');
  const columns = along('width', kernelWidth, pads.left, 'columns');
  const paddedFilters = roundUp(filters, BLOCK);
  const taps = kernelHeight * kernelWidth;
  const count = rows.classes.length * columns.classes.length * paddedFilters;
  const values = new Int32Array(border ? 2 * count : count);
  const floats = new Float32Array(values.buffer);
  // The sums of all taps above and to the left of one, from which those of any rectangle follow: a class takes no longer with a larger kernel.
  const pitch = kernelWidth + 1;
  const corners = new Int32Array((kernelHeight + 1) * pitch);
  for (let filter = 0; filter < filters; filter++) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const at = (ky + 1) * pitch + kx + 1;
        const sum = tapSums[filter * taps + ky * kernelWidth + kx]!;
        corners[at] = sum + corners[at - 1]! + corners[at - pitch]! - corners[at - pitch - 1]!;
      }
    }
    const all = corners.at(-1)! + taps * groupChannels;
    rows.classes.forEach(([row, top, bottom], rowClass) => {
      columns.classes.forEach(([column, left, right], columnClass) => {
        const at = (rowClass * columns.classes.length + columnClass) * paddedFilters + filter;
        const sumTo = (ky: number): number => corners[ky * pitch + right]! - corners[ky * pitch + left]!;
        values[at] = all - sumTo(bottom) + sumTo(top) + (sumBias?.valueAt(row, column, filter) ?? 0);
        if (border) floats[count + at] = border.valueAt(row, column, filter);
      });
    });
  }
  const columnBytes = paddedFilters * 4;
  return {
    values,
    rowBases: rows.classOf.map((c) => c * columns.classes.length * columnBytes),
    columnBases: columns.classOf.map((c) => c * columnBytes),
  };
}
