import { isBinary } from '@signwave/format';
import type { PlanContext } from './context.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { Group } from './fusion.js';
import type { BitMap, FloatMap, FloatPlanes, SignPlanes } from './plan.js';
import type { KernelName, RecordValues } from './records.js';
import { pointer } from './regions.js';

/** Have all that a group reads in the layout that it works on, converted where its maker works on the other. */
export function provideOperands(context: PlanContext, group: Group, onPlanes: boolean): void {
  const node = group.head === undefined ? undefined : context.node(group.head);
  const operands = node?.inputs ?? [group.source];
  if (node && isBinary(context.graph, node)) {
    if (onPlanes) provideSignPlanes(context, operands[0]!);
    else provideBitMap(context, operands[0]!);
  } else {
    for (const operand of operands) provideFloats(context, operand, onPlanes);
  }
  if (group.add) provideFloats(context, group.add.operand, onPlanes);
}

function provideFloats(context: PlanContext, index: number, asPlanes: boolean): void {
  if (asPlanes) provideFloatPlanes(context, index);
  else provideFloatMap(context, index);
}

export function provideFloatMap(context: PlanContext, index: number): void {
  if (context.hasFloatMap(index)) return;
  const planes = context.readFloatPlanes(index);
  relayout(context, 'planesToPixels', floatFields(planes, context.newFloatMap(index)));
}

function provideFloatPlanes(context: PlanContext, index: number): void {
  if (context.hasFloatPlanes(index)) return;
  const map = context.readFloatMap(index);
  relayout(context, 'pixelsToPlanes', floatFields(context.newFloatPlanes(index), map));
}

function provideBitMap(context: PlanContext, sign: number): void {
  if (context.bitMaps.has(sign)) return;
  const planes = context.signPlanes.get(sign)!;
  relayout(context, 'signsToBits', signFields(planes, context.newBitMap(sign)));
}

function provideSignPlanes(context: PlanContext, sign: number): void {
  if (context.signPlanes.has(sign)) return;
  const map = context.bitMap(sign);
  relayout(context, 'bitsToSigns', signFields(context.newSignPlanes(sign), map));
}

function relayout(context: PlanContext, kernel: KernelName, values: RecordValues<'Relayout'>): void {
  context.steps.push({
    kernel,
    record: { name: 'Relayout', values },
    nodes: [],
    reason: 'the next step wants the other layout',
  });
}

/** Fields of a Relayout record for floats. */
export function floatFields(planes: FloatPlanes, map: FloatMap): RecordValues<'Relayout'> {
  const { height, width, channels } = planes.shape;
  return {
    planes: pointer(planes.region),
    planeBytes: planes.planeBytes,
    planeRowBytes: planes.pitch * 4,
    pixels: pointer(map.region),
    pixelsRowBytes: width * map.pixelBytes,
    pixelBytes: map.pixelBytes,
    rows: height,
    columns: width,
    channels,
  };
}

function signFields(planes: SignPlanes, map: BitMap): RecordValues<'Relayout'> {
  const { height, width, channels } = planes.shape;
  return {
    planes: planes.origin,
    planeBytes: planes.planeBytes,
    planeRowBytes: planes.pitch,
    pixels: map.origin,
    pixelsRowBytes: map.rowBytes,
    pixelBytes: map.pixelBytes,
    rows: height,
    columns: width,
    channels,
  };
}

/** Lanes of a map's planes that kernels work on. */
export function laneCount({ shape, pitch }: Pick<FloatPlanes, 'shape' | 'pitch'>): number {
  return roundUp(shape.height * pitch, VECTOR_LANES);
}
