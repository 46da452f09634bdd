import { isBinary } from '@signwave/format';
import type { FusedGroup } from '../plan/fuse.js';
import type { FloatMap, FloatPlanes } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import type { PlannedStep } from '../plan/step.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { RelayoutRecord } from './generated/records.js';
import { headOf, type Layout } from './room.js';

/** Provides everything that a fused group reads in a layout; plans conversions for maps that were made in the other layout. */
export function provideOperands(context: PlanContext, fused: FusedGroup, layout: Layout): void {
  const node = headOf(context.graph, fused);
  const operands = node?.inputs ?? [fused.source];
  const provideFloats = layout === 'planes' ? provideFloatPlanes : provideFloatMap;
  if (!node || !isBinary(context.graph, node)) for (const operand of operands) provideFloats(context, operand);
  else if (layout === 'planes') provideSignPlanes(context, operands[0]!);
  else provideBitMap(context, operands[0]!);
  if (fused.add) provideFloats(context, fused.add.operand);
}

export function provideFloatMap(context: PlanContext, index: number): void {
  if (!context.floatMaps.has(index))
    convert(context, 'planesToPixels', context.floatPlanesOf(index), context.newFloatMap(index));
}

function provideFloatPlanes(context: PlanContext, index: number): void {
  if (!context.floatPlanes.has(index))
    convert(context, 'pixelsToPlanes', context.newFloatPlanes(index), context.floatMap(index));
}

function provideBitMap(context: PlanContext, sign: number): void {
  if (!context.bitMaps.has(sign)) convert(context, 'signsToBits', context.signPlanesOf(sign), context.newBitMap(sign));
}

function provideSignPlanes(context: PlanContext, sign: number): void {
  if (!context.signPlanes.has(sign)) convert(context, 'bitsToSigns', context.newSignPlanes(sign), context.bitMap(sign));
}

function convert(context: PlanContext, kernel: RelayoutKernel, planes: FloatPlanes, pixels: FloatMap): void {
  context.steps.push(relayout(kernel, relayoutFields(planes, pixels)));
}

/** Kernels that convert a map from one layout to the other. */
type RelayoutKernel = 'planesToPixels' | 'pixelsToPlanes' | 'signsToBits' | 'bitsToSigns';

export function relayout(
  kernel: RelayoutKernel,
  record: RelayoutRecord,
  nodes: readonly number[] = [],
  reason = 'for the next step',
): PlannedStep {
  return {
    kernel,
    record,
    share: {
      by: 'rows',
      units: record.rows,
      unitBytes: { planes: record.planeRowBytes, pixels: record.pixelsRowBytes },
      elements: record.rows * record.columns * record.channels,
    },
    nodes,
    reason,
  };
}

/** Makes the record for converting between a map as planes and the same map as pixels. */
export function relayoutFields(planes: FloatPlanes, pixels: FloatMap): RelayoutRecord {
  const { height, width, channels } = planes.shape;
  return {
    planes: planes.origin,
    planeBytes: planes.planeBytes,
    planeRowBytes: planes.rowBytes,
    pixels: pixels.origin,
    pixelsRowBytes: pixels.rowBytes,
    pixelBytes: pixels.pixelBytes,
    rows: height,
    columns: width,
    channels,
  };
}

/** Number of lanes of a map's planes that kernels process. */
export function laneCount({ shape, pitch }: Pick<FloatPlanes, 'shape' | 'pitch'>): number {
  return roundUp(shape.height * pitch, VECTOR_LANES);
}
