import type { ConvNode, Graph, LinearNode, MapShape, Tensor } from '@signwave/format';
import type { FusedGroup } from '../plan/fuse.js';
import { behind, type Pointer } from '../plan/region.js';
import type { Share } from '../plan/step.js';
import { BLOCK, NO_PADS, roundUp } from './filters.js';
import type { ConvRecord } from './generated/records.js';
import { moveTo } from './record.js';
import { headOf } from './room.js';

/** How a convolution's taps lie on its operand. A linear layer is a convolution of one pixel. */
export type Geometry = Pick<ConvNode, 'groups' | 'stride' | 'dilation' | 'pads'>;
const ONE_PIXEL: Geometry = {
  groups: 1,
  stride: { height: 1, width: 1 },
  dilation: { height: 1, width: 1 },
  pads: NO_PADS,
};

export function geometryOf(node: ConvNode | LinearNode): Geometry {
  return node.op === 'conv' ? node : ONE_PIXEL;
}

/** The head of a fused group, which must be a convolution or linear layer. */
export function layerOf({ graph }: { readonly graph: Graph }, fused: FusedGroup): ConvNode | LinearNode {
  return headOf(graph, fused) as ConvNode | LinearNode;
}

/** A map with pads around it, which a convolution reads. */
export interface PaddedMap {
  /** Pixel (0, 0), which follows the rows and columns of pads. */
  readonly origin: Pointer;
  readonly rowBytes: number;
  readonly pixelBytes: number;
}

/**
 * Computes the fields of a Conv record that say where taps lie. A kernel row whose taps are adjacent in memory counts as one tap.
 *
 * @param groupBytes size of one group's channels in a pixel.
 */
export function tapFields(map: PaddedMap, groupBytes: number, geometry: Geometry, weights: Tensor, output: MapShape) {
  const { origin, rowBytes, pixelBytes } = map;
  const { groups, stride, dilation, pads } = geometry;
  const [filters, kernelRows, kernelColumns] = weights.shape;
  const isOneRun = groups === 1 && dilation.width === 1;
  return {
    input: behind(origin, -pads.top * rowBytes - pads.left * pixelBytes),
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

/** Distance between the sums of two pixels in bytes, such that a group's last block of filters doesn't reach the next pixel. */
export function sumsPixelBytes(channels: number, groups: number): number {
  return roundUp(groups === 1 ? channels : channels + BLOCK - 1, BLOCK) * 4;
}

/** Threads share the rows; if there is only one pixel, they share its filters. */
export function shareConv(record: ConvRecord): Share<ConvRecord> | undefined {
  const { rows, columns, groups, groupFilters, epilogue } = record;
  if (rows > 1) {
    const rowBytes = epilogue.columns * epilogue.blocks * BLOCK * 4;
    const epilogueBytes = { addend: rowBytes, output: rowBytes, bits: epilogue.bitsRowBytes ?? 0 };
    return {
      by: 'rows',
      units: rows,
      unitBytes: { input: record.strideRowBytes, rowBases: 4 },
      change: (first) => ({ epilogue: moveTo(epilogue, first, epilogueBytes) }),
    };
  }
  if (columns > 1 || groups > 1) return undefined;
  const filterBytes = record.groupWeightBytes / roundUp(groupFilters, BLOCK);
  const channelBytes = {
    scale: 4,
    bias: 4,
    addend: 4,
    output: 4,
    thresholds: 4,
    sumThresholds: 4,
    bits: 1 / 8,
    flips: 1 / 8,
  };
  return {
    by: 'groupFilters',
    units: groupFilters,
    multiple: BLOCK,
    unitBytes: { weights: filterBytes, bases: 4 },
    change: (first, units) => ({
      epilogue: moveTo(epilogue, first, channelBytes, { blocks: Math.ceil(units / BLOCK) }),
    }),
  };
}
