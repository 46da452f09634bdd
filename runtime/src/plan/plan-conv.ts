import {
  type ConvNode,
  isIntegerConv,
  type LinearNode,
  type MapShape,
  type Tensor,
  tapsInside,
} from '@signwave/format';
import { type BorderBias, borderBiasOf } from './border-bias.js';
import { groupPositions } from './borders.js';
import { type PlanContext, readsBytes } from './context.js';
import { arrangeFilters, BLOCK, packFilters, roundUp } from './filters.js';
import { planFloatFilters } from './float-filters.js';
import type { Group } from './fusion.js';
import type { BitMap } from './plan.js';
import { planEpilogue } from './plan-epilogue.js';
import { type Pointer, pointer } from './regions.js';

/** Patches of a strip should stay in the first-level cache (32 KiB on every CPU we know of) beside a block of filters. */
const STRIP_PATCH_BYTES = 16_384;

/** What the GEMM compares at a time: gemm-simd.ts splats words of 4 bytes, gemm-scalar.ts counts in 8. */
const SIMD_WORD_BYTES = 4;
const SCALAR_WORD_BYTES = 8;

/** A linear layer is a convolution of one pixel. */
type Geometry = Pick<ConvNode, 'groups' | 'stride' | 'dilation' | 'pads'>;
const ONE_PIXEL: Geometry = {
  groups: 1,
  stride: { height: 1, width: 1 },
  dilation: { height: 1, width: 1 },
  pads: { top: 0, left: 0, bottom: 0, right: 0 },
};

function geometryOf(node: ConvNode | LinearNode): Geometry {
  return node.op === 'conv' ? node : ONE_PIXEL;
}

/** A map with pads around it, as a convolution reads it. */
interface PaddedMap {
  /** Pixel (0, 0), behind `pads` rows and columns. */
  readonly origin: Pointer;
  readonly rowBytes: number;
  readonly pixelBytes: number;
  /** Bytes of one group's channels in a pixel. */
  readonly groupBytes: number;
}

/** The fields of a Conv record that say where taps lie; rows whose taps follow each other are taken as one tap. */
function tapFields(map: PaddedMap, geometry: Geometry, weights: Tensor, output: MapShape) {
  const { origin, rowBytes, pixelBytes, groupBytes } = map;
  const { groups, stride, dilation, pads } = geometry;
  const [filters, kernelRows, kernelColumns] = weights.shape;
  const isOneRun = groups === 1 && dilation.width === 1;
  return {
    input: pointer(origin.region, origin.offsetBytes - pads.top * rowBytes - pads.left * pixelBytes),
    strideRowBytes: stride.height * rowBytes,
    stridePixelBytes: stride.width * pixelBytes,
    tapRowBytes: dilation.height * rowBytes,
    tapPixelBytes: dilation.width * pixelBytes,
    kernelRows,
    kernelColumns: isOneRun ? 1 : kernelColumns,
    tapBytes: isOneRun ? kernelColumns * pixelBytes : groupBytes,
    rows: output.height,
    columns: output.width,
    groups,
    groupBytes,
    groupFilters: filters / groups,
  };
}

/** Bytes between the sums of two pixels: a group's last block of filters must not reach the next pixel. */
function sumsPixelBytes(channels: number, groups: number): number {
  return roundUp(groups === 1 ? channels : channels + BLOCK - 1, BLOCK) * 4;
}

/** A convolution or linear layer of +-1 by +-1: XOR and popcount, SPEC section 5. */
export function planBinaryConv(context: PlanContext, group: Group, node: ConvNode | LinearNode): void {
  const geometry = geometryOf(node);
  const { groups } = geometry;
  const weights = context.graph.tensors[node.weights]!;
  const [, kernelHeight, kernelWidth, groupChannels] = weights.shape;
  const output = context.shapes[group.source]!;
  const input = groupedBits(context, node, geometry);
  const groupBytes = Math.ceil(groupChannels / 8);
  const depthBytes = roundUp(
    kernelHeight * kernelWidth * groupBytes,
    context.simd ? SIMD_WORD_BYTES : SCALAR_WORD_BYTES,
  );
  const stripRows = Math.max(1, Math.min(output.height, Math.floor(STRIP_PATCH_BYTES / (output.width * depthBytes))));
  const pixelSums = sumsPixelBytes(output.channels, groups);
  const stripPixels = stripRows * output.width;

  const { rows, tapSums } = packFilters(weights, depthBytes);
  const arranged = arrangeFilters(rows, depthBytes, groups, context.simd);
  const taps = kernelHeight * kernelWidth * groupChannels;
  const sumBias = group.sumBias === undefined ? undefined : borderBiasOf(context, group.sumBias);
  const record = {
    ...tapFields({ ...input, groupBytes }, geometry, weights, output),
    weights: context.constant(arranged),
    groupWeightBytes: arranged.length / groups,
    patches: context.scratch('patches', stripPixels * depthBytes),
    depthBytes,
    sums: context.scratch('sums', stripPixels * pixelSums),
    sumsPixelBytes: pixelSums,
    stripRows,
    ...sumBases(context, input.shape, output, geometry, weights, tapSums, sumBias),
  };
  const epilogue = planEpilogue(context, group, taps + (sumBias?.largest ?? 0));
  context.steps.push({
    kernel: 'convBits',
    record: { name: 'Conv', values: record },
    epilogue,
    nodes: nodesOf(group),
    reason:
      `1-bit weights on signs: xor and popcount (${context.layouts.refusals.get(group)})` +
      `${epilogue.values.sumThresholds ? ', sign as an integer threshold' : ''}`,
  });
}

/** The bits that a convolution reads; repacked first if its groups don't start at whole bytes. */
function groupedBits(context: PlanContext, node: ConvNode | LinearNode, geometry: Geometry): BitMap {
  const map = context.bitMap(node.inputs[0]!);
  const { channels } = map.shape;
  const { groups, pads } = geometry;
  if (readsBytes(groups, channels)) return map;
  const groupChannels = channels / groups;
  const groupBytes = Math.ceil(groupChannels / 8);
  const regrouped = context.bitMapWithPads(map.shape, groups * groupBytes, pads);
  context.steps.push({
    kernel: 'regroupBits',
    record: {
      name: 'Regroup',
      values: {
        input: map.origin,
        inputRowBytes: map.rowBytes,
        inputPixelBytes: map.pixelBytes,
        output: regrouped.origin,
        outputRowBytes: regrouped.rowBytes,
        outputPixelBytes: regrouped.pixelBytes,
        rows: map.shape.height,
        columns: map.shape.width,
        groups,
        groupChannels,
        groupBytes,
      },
    },
    nodes: [],
    reason: `groups of ${groupChannels} channels don't start at whole bytes`,
  });
  return regrouped;
}

/** The sums "if every bit matched" of sums.ts, by border class and filter. */
function sumBases(
  context: PlanContext,
  input: MapShape,
  output: MapShape,
  geometry: Geometry,
  weights: Tensor,
  tapSums: Int32Array,
  sumBias: BorderBias | undefined,
) {
  const { stride, dilation, pads } = geometry;
  const [filters, kernelHeight, kernelWidth, groupChannels] = weights.shape;
  const along = (side: 'height' | 'width', kernel: number, pad: number): boolean[][] =>
    tapsInside({
      size: input[side],
      outputSize: output[side],
      kernel,
      stride: stride[side],
      dilation: dilation[side],
      pad,
    });
  const rows = groupPositions(along('height', kernelHeight, pads.top), sumBias?.rows);
  const columns = groupPositions(along('width', kernelWidth, pads.left), sumBias?.columns);
  const paddedFilters = roundUp(filters, BLOCK);
  const taps = kernelHeight * kernelWidth;
  const bases = new Int32Array(rows.inside.length * columns.inside.length * paddedFilters);
  rows.inside.forEach((rowInside, rowClass) => {
    columns.inside.forEach((columnInside, columnClass) => {
      const at = (rowClass * columns.inside.length + columnClass) * paddedFilters;
      for (let filter = 0; filter < filters; filter++) {
        let base = taps * groupChannels;
        if (sumBias) base += sumBias.valueAt(rows.others[rowClass]!, columns.others[columnClass]!, filter);
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            if (!rowInside[ky] || !columnInside[kx]) base += tapSums[filter * taps + ky * kernelWidth + kx]!;
          }
        }
        bases[at + filter] = base;
      }
    });
  });
  const columnBytes = paddedFilters * 4;
  return {
    bases: context.constant(bases),
    rowBases: context.constant(rows.classOf.map((c) => c * columns.inside.length * columnBytes)),
    columnBases: context.constant(columns.classOf.map((c) => c * columnBytes)),
  };
}

/** Every other convolution and linear layer: float sums in the reference's order. */
export function planFloatConv(context: PlanContext, group: Group, node: ConvNode | LinearNode): void {
  const geometry = geometryOf(node);
  const { groups } = geometry;
  const weights = context.graph.tensors[node.weights]!;
  const output = context.shapes[group.source]!;
  const input = paddedFloats(context, node, geometry);
  const isInteger = isIntegerConv(context.graph, node);
  const pixelSums = sumsPixelBytes(output.channels, groups);
  const record = {
    ...tapFields({ ...input, groupBytes: weights.shape[3] * 4 }, geometry, weights, output),
    ...planFloatFilters(context, weights, groups, BLOCK),
    sums: context.scratch('sums', output.width * pixelSums),
    sumsPixelBytes: pixelSums,
  };
  context.steps.push({
    kernel: isInteger ? 'convInteger' : 'convFloat',
    record: { name: 'Conv', values: record },
    epilogue: planEpilogue(context, group),
    nodes: nodesOf(group),
    reason: isInteger
      ? `${weights.dtype} weights on bytes`
      : weights.dtype === 'bits'
        ? '1-bit weights on floats'
        : 'float weights',
  });
}

/** The floats that a convolution reads: the map itself, or a copy with pads around it and no padding channels between. */
function paddedFloats(
  context: PlanContext,
  node: ConvNode | LinearNode,
  geometry: Geometry,
): Omit<PaddedMap, 'groupBytes'> {
  const { region, shape, pixelBytes } = context.readFloatMap(node.inputs[0]!);
  const { top, left, bottom, right } = geometry.pads;
  const packedBytes = shape.channels * 4;
  // The padding channels of a single pixel lie behind its taps, so they are in nobody's way.
  const isPacked = pixelBytes === packedBytes || (shape.height === 1 && shape.width === 1);
  if (isPacked && top + left + bottom + right === 0) {
    return { origin: pointer(region), rowBytes: shape.width * packedBytes, pixelBytes: packedBytes };
  }

  const paddedRowBytes = (left + shape.width + right) * packedBytes;
  const padded = context.fixed((top + shape.height + bottom) * paddedRowBytes);
  const origin = pointer(padded, top * paddedRowBytes + left * packedBytes);
  context.steps.push({
    kernel: 'copyPixels',
    record: {
      name: 'Copy',
      values: {
        input: pointer(region),
        inputRowBytes: shape.width * pixelBytes,
        inputPixelBytes: pixelBytes,
        output: origin,
        outputRowBytes: paddedRowBytes,
        outputPixelBytes: packedBytes,
        rows: shape.height,
        columns: shape.width,
        channels: shape.channels,
      },
    },
    nodes: [],
    reason: 'zeros around the map for the convolution that follows',
  });
  return { origin, rowBytes: paddedRowBytes, pixelBytes: packedBytes };
}

/** Nodes of a group in order. */
export function nodesOf(group: Group): number[] {
  const { head, sumBias, affine, border, add, clip, sign } = group;
  return [head, sumBias, affine, border, add?.node, clip, sign].filter((n) => n !== undefined);
}
